#pragma once
#include <functional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "cvae/best_model.hpp"
#include "cvae/block_steps.hpp"
#include "cvae/device_steps.hpp"
#include "cvae/experiment.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The loss is no longer a finite number.
struct Diverged : Error {
  using Error::Error;
};

/// The training of an experiment, epoch by epoch. Its whole state is the parameters, the optimiser's buffers and a few
/// counters, so that it can be saved and resumed to the bit. It runs where the experiment's model is. Several ranks share the blocks
/// of each batch (BlockSteps), and the optimiser's work. Each has the whole model, and a part of the optimiser's buffers.
class Training {
 public:
  /// `ranks` must outlive it.
  explicit Training(Experiment& experiment, const Ranks& ranks = alone());

  /// One step on batch `i` of the running epoch; returns the batch's losses (means over its rows). The loss is distortion +
  /// beta KL, also where a schedule has the step minimise something else: epochs and bounds can be compared with it.
  LossTerms<double> step(int64_t i);
  /// A step's losses, from these two.
  LossTerms<double> losses_of(double distortion, double kl) const;
  /// Starts that step: on the CPU it is done then, on a device it follows the others; finish() waits for them. In blocks it waits for
  /// the gradients anywhere.
  void start(int64_t i);
  void finish();
  /// How many kernels and copies a step launches on a device; 0 on the CPU, and in blocks, which are not recorded.
  int64_t launches() const { return on_device_ ? on_device_->launches() : 0; }

  /// One epoch, or the rest of a started one: fresh masks and noise, the rows in a new order. `progress` is called
  /// after each step with the number of steps done in this epoch; the state may be saved there. Throws Diverged, naming
  /// epoch and step, when the loss is not finite.
  Losses epoch(const std::function<void(int64_t)>& progress);

  int64_t epochs_done() const { return epochs_done_; }
  /// Whether all epochs are done, or as many as the validation rows ask for.
  bool is_done() const {
    return epochs_done_ >= experiment_.training.epochs || best_.out_of_patience(epochs_done_);
  }
  /// The losses of the validation rows after the last epoch; not numbers where they were not looked at.
  const Losses& validation() const { return validation_; }
  /// The best model so far, with which a training ends: best().restore().
  BestModel& best() { return best_; }
  const BestModel& best() const { return best_; }
  /// The number of steps started in the current epoch; 0 between two epochs.
  int64_t steps_started() const { return started_; }
  /// Their losses; waits for a device to have made them. Throws Diverged as epoch() does.
  const std::vector<LossTerms<double>>& steps_of_epoch();
  int64_t steps_per_epoch() const { return batches_.count(); }
  double train_seconds() const { return train_seconds_; }
  /// Completes the state on each rank, so that one of them can save it: all call it after the same step.
  void gather_state();

  /// Puts the rows in the order of the coming epoch; epoch() does so itself.
  void begin_epoch();

  FlatParameters& parameters() { return parameters_; }
  Optimizer& optimizer() { return *optimizer_; }
  /// Sets the counts of an earlier run: the number of whole epochs, and the steps of an unfinished one.
  void set_done(int64_t epochs, std::vector<LossTerms<double>> steps_of_epoch, double train_seconds) {
    epochs_done_ = epochs;
    steps_of_epoch_ = std::move(steps_of_epoch);
    started_ = int64_t(steps_of_epoch_.size());
    train_seconds_ = train_seconds;
  }

 private:
  /// Whether each rank makes its range of the optimiser's step.
  bool shares_step() const;

  Experiment& experiment_;
  const Ranks& ranks_;
  FlatParameters parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  Batches batches_;
  Condition::Drawn drawn_;
  LossTerms<double> last_{};                // of the step before, on the CPU or in blocks
  std::unique_ptr<DeviceSteps> on_device_;  // where the model is on one, and batches are not cut
  std::unique_ptr<BlockSteps> in_blocks_;   // where they are
  int64_t started_ = 0;
  int64_t epochs_done_ = 0;
  std::vector<LossTerms<double>> steps_of_epoch_;
  double train_seconds_ = 0;
  BestModel best_;
  Losses validation_ = unknown_losses;
};

/// Their means, with standard errors.
Losses means_of(const std::vector<LossTerms<double>>& steps);

}  // namespace elbow
