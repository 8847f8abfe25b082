#pragma once
#include <functional>
#include <vector>

#include "cvae/experiment.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The training of an experiment, epoch by epoch. Its whole state is the parameters, the optimiser's buffers and a few
/// counters, so that it can be saved and taken up again to the bit.
class Training {
 public:
  explicit Training(Experiment& experiment);

  /// One step on batch `i` of the running epoch; returns the batch's costs (means over its rows). The loss is distortion +
  /// beta KL, also where a schedule has the step minimise something else: epochs and bounds can be compared with it.
  struct StepCosts {
    double loss, distortion, kl;
  };
  StepCosts step(int64_t i);

  /// One epoch: fresh masks and noise, the rows in a new order. `progress` is called every 16 steps with the number of
  /// steps done in this epoch. Throws, naming epoch and step, when the loss is not finite.
  Costs epoch(const std::function<void(int64_t)>& progress);

  int64_t epochs_done() const { return epochs_done_; }
  int64_t steps_per_epoch() const { return batches_.count(); }
  double train_seconds() const { return train_seconds_; }

  /// Puts the rows in the order of the coming epoch; epoch() does so itself.
  void begin_epoch();

  FlatParameters& parameters() { return parameters_; }
  Optimizer& optimizer() { return *optimizer_; }
  /// Takes up the count of an earlier run.
  void set_done(int64_t epochs, double train_seconds) {
    epochs_done_ = epochs;
    train_seconds_ = train_seconds;
  }

 private:
  Experiment& experiment_;
  FlatParameters parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  Batches batches_;
  Condition::Drawn drawn_;
  int64_t epochs_done_ = 0;
  double train_seconds_ = 0;
};

}  // namespace elbow
