#pragma once
#include <memory>
#include <vector>

#include "base/interrupt.hpp"
#include "base/stopwatch.hpp"
#include "cvae/device_evaluation.hpp"
#include "cvae/training.hpp"
#include "experiments/runs/progress.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {

/// Over all epochs, those before a --resume as well; not a number where there were none.
double train_step_us(const Training& training);

/// The epochs that are left of a training, each followed by a look at the test set, and a checkpoint now and then. Of the state of a
/// training no more is lost than what happened since the last one. On the first rank; the others follow().
class Epochs {
 public:
  static constexpr auto interrupted = "interrupted", how_to_go_on = "interrupted: continue with --resume";

  /// `done`: the losses of the epochs so far, to which run() adds.
  Epochs(const Ranks& ranks, const Experiment& e, Training& training, std::vector<EpochLosses>& done,
         RunFolder& folder, Progress& progress, InterruptWatch& interrupts, double checkpoint_seconds)
      : ranks_(ranks),
        e_(e),
        training_(training),
        done_(done),
        folder_(folder),
        progress_(progress),
        interrupts_(interrupts),
        checkpoint_seconds_(checkpoint_seconds) {}

  /// Interrupted after a signal, with a checkpoint if there is time for it; Diverged.
  void run();
  /// A checkpoint, unless the state has lost its numbers: what it has diverged from can still be used. The state must be whole
  /// (Training::gather_state).
  void save();
  /// How long a look at the test set took; 0 if there was none.
  double eval_seconds() const { return eval_seconds_; }

 private:
  Losses look_at_test_set();
  void between_steps();
  void save_or_stop(bool time_to_save);

  const Ranks& ranks_;
  const Experiment& e_;
  Training& training_;
  std::vector<EpochLosses>& done_;
  RunFolder& folder_;
  Progress& progress_;
  InterruptWatch& interrupts_;
  double checkpoint_seconds_;
  std::unique_ptr<DeviceEvaluation> on_device_;  // where the model is on one
  Stopwatch since_save_;
  double save_seconds_ = 0, eval_seconds_ = 0;
};

/// What the other ranks do meanwhile: the same steps, and nothing else.
void follow(Ranks& ranks, Training& training);

}  // namespace elbow
