#pragma once
#include <memory>
#include <vector>

#include "autograd/backend/backend.hpp"
#include "base/blocks.hpp"
#include "cvae/experiment.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The training steps of an experiment, each batch cut into blocks of rows that several threads and ranks compute
/// (docs/parallel.md). The losses, the gradients and the statistics of batch norm are those of the batch as a whole, up to rounding,
/// and have the same bits for any number of threads and ranks.
///
/// On a device, the blocks of this rank are computed one after the other, as far as the sums of batch norm let them, and all that is
/// summed over blocks and ranks is summed on the host.
///
/// Each block of this rank has a model of its own, so that its layers are used by one thread: the weights are shared, and each
/// has its own gradients, running statistics (which come to the same in all) and place in the stream of dropout.
class BlockSteps {
 public:
  /// `parameters`: those of the experiment's model, which computes this rank's first block. Error, naming the key,
  /// for too few blocks for the ranks.
  BlockSteps(Experiment& experiment, FlatParameters& parameters, const Ranks& ranks);

  /// The other models continue from where the experiment's is; its mode is theirs. To be called at the start of each epoch.
  void begin_epoch(bool statistics_frozen);
  /// The losses of training step `step` on a batch, with its gradients in the `parameters`: those of this rank's range (Ranks::range).
  /// c: the condition of all rows.
  LossTerms<double> gradients(const Batch& batch, const Tensor& c, uint64_t step);
  /// Waits for a device to have done all steps.
  void wait() const;

 private:
  struct Copy {
    Copy(const Experiment& e, const FlatParameters& shared);
    RandomStream dropout;
    std::unique_ptr<Cvae> model;
    FlatParameters parameters;
  };

  float* gradients_of(int64_t i, FlatParameters& parameters);
  void sum(const std::vector<float*>& gradients);

  Experiment& experiment_;
  FlatParameters& parameters_;
  Blocks blocks_;
  std::vector<std::unique_ptr<Copy>> copies_;       // of the model, for all blocks but the first
  Backend* device_;                                 // that the model is on; null: the CPU
  std::vector<std::shared_ptr<void>> from_device_;  // the gradients of each block, where there is one
};

}  // namespace elbow
