#pragma once
#include <vector>

#include "autograd/backend/backend.hpp"
#include "cvae/experiment.hpp"

namespace elbow {

/// The rows of a data set on a device, from which its steps gather their batches by themselves; of several experiments (Models)
/// each its own set, all of one shape.
class DeviceRows {
 public:
  /// Makes room for sets like this one, and for the tensors of a batch.
  DeviceRows(const Dataset& set, const Condition& condition, int64_t batch_rows, int64_t steps, Device device);

  /// Copies a set there; `model` says whose it is.
  void copy(const Dataset& set, int model);
  /// The rows of all steps, [steps * batch rows].
  void copy_order(const std::vector<int64_t>& order, int model);
  /// How a step gathers its batch; the step counts in `counter` (StepTable).
  BatchWork work(const Tensor& counter) const;
  /// The batch that it writes.
  Batch batch() const;

 private:
  Backend& backend_;
  BatchWork work_;
};

/// 64-bit numbers as the elements of a float64 tensor, whose bytes they are.
double bits_of(uint64_t word);

}  // namespace elbow
