#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "cvae/device_evaluation.hpp"
#include "cvae/device_steps.hpp"
#include "cvae/training.hpp"

namespace elbow {

/// Why two experiments cannot be trained as a fleet; empty where they can: they may differ in name, seed, and the weight of the
/// KL, its schedule and the learning rate's. Not with validation rows, whose look is that of a single training.
std::string why_not_together(const Experiment& a, const Experiment& b);

/// Several experiments of one architecture that are trained at once on a GPU: each step is one launch for all of them. What a
/// card is for at 64 rows a batch, where a single model leaves most of it idle. Each gets the numbers that it would get alone.
class Fleet {
 public:
  /// Continues from the state of each training, which may have started already. Both live on the CPU. Throws when they
  /// do not belong together, or are at different steps.
  explicit Fleet(std::vector<std::pair<Experiment*, Training*>> members);

  /// One epoch, or the rest of a started one: for each member its losses. `progress` is called after each step with the
  /// number of steps started; the state may be returned there.
  std::vector<EpochLosses> epoch(const std::function<void(int64_t)>& progress);
  /// @name An epoch step by step
  /// @{
  void begin_epoch();
  void start(int64_t i) { steps_->start(i); }
  void wait() const { steps_->wait(); }
  int64_t launches() const { return steps_->launches(); }
  /// @}
  /// Writes what the GPU has come to back into the members: parameters, optimisers, counts.
  void return_state();
  int64_t epochs_done() const { return epochs_done_; }
  int64_t steps_per_epoch() const { return orders_.front().count(); }

 private:
  void fetch_losses();

  std::vector<std::pair<Experiment*, Training*>> members_;
  std::vector<const Experiment*> experiments_;
  std::vector<BatchOrder> orders_;
  RandomStream dropout_;
  std::unique_ptr<Cvae> model_;  // represents all
  std::unique_ptr<FlatParameters> parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<DeviceSteps> steps_;
  std::unique_ptr<DeviceEvaluation> evaluation_;
  std::vector<std::vector<LossTerms<double>>>
      steps_of_epoch_;  // of each member, as far as they have been fetched
  int64_t epochs_done_, started_;
  double seconds_ = 0;  // of training, for each of them
};

}  // namespace elbow
