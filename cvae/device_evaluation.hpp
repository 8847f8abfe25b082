#pragma once
#include <memory>
#include <vector>

#include "cvae/device_steps.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The look at the test set after an epoch, on a device, of an experiment or of several at once (see DeviceSteps): the rows lie
/// there (DeviceRows), their masks and noise are drawn there, the same at every look, and the forward pass of a batch is recorded once.
class DeviceEvaluation {
 public:
  /// `model` is that of the only experiment, or stands for all of them. All must live on.
  DeviceEvaluation(std::vector<const Experiment*> experiments, Cvae& model);
  ~DeviceEvaluation();

  /// The losses of each experiment's first test rows (epoch_rows), as test_losses() has them with one draw; waits for them.
  std::vector<Losses> losses();

 private:
  class Part;
  std::vector<const Experiment*> experiments_;
  Cvae& model_;
  std::vector<std::unique_ptr<Part>> parts_;  // the whole batches, and the rest
};

}  // namespace elbow
