#pragma once
#include <map>
#include <string>

#include "cvae/experiment.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// Looks at the validation rows of an experiment now and then while it is trained, and keeps the model with the smallest loss there:
/// parameters, and buffers such as the running statistics of batch norm. Without `training.validation` it does nothing.
class BestModel {
 public:
  explicit BestModel(Experiment& experiment) : experiment_(experiment) {}

  /// Looks after that many epochs, if it is time to: every row gets the same mask and the same noise each time. Not numbers where it is not.
  /// Under `iwae` the loss is -beta log 1/K sum_k w_k (iwae), and distortion and KL are not known.
  Losses look(int64_t epochs);
  /// Whether a look after that many epochs ends as many without a better model as the patience allows.
  bool out_of_patience(int64_t epochs) const;
  /// Puts the best parameters and buffers into the model, if there are any.
  void restore() const;

  /// @name What a checkpoint holds
  /// @{
  /// After how many epochs the model was best; 0: none has been kept.
  int64_t epoch() const { return epoch_; }
  /// Its loss on the validation rows.
  double loss() const { return loss_; }
  /// Its tensors by name, as of state_of().
  const std::map<std::string, Tensor>& state() const { return state_; }
  void set(int64_t epoch, double loss, std::map<std::string, Tensor> state);
  /// @}

 private:
  Experiment& experiment_;
  int64_t epoch_ = 0;
  double loss_ = no_number;
  std::map<std::string, Tensor> state_;
};

/// The losses of the validation rows as `training.validation` has them; waits for a device.
Losses look_at_validation_rows(const Experiment& experiment);

}  // namespace elbow
