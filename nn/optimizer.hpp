#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "autograd/backend/training_work.hpp"
#include "base/ranks.hpp"
#include "nn/module.hpp"
#include "nn/parameter_groups.hpp"

namespace elbow {

/// Turns gradients into steps, over the flat buffers of all parameters at once. The state (moments, number of steps) can
/// be saved and set, so that training resumes to the bit. It shares the buffers and may outlive the FlatParameters and the
/// module. A step by itself allocates nothing.
///
/// Several ranks can share a step (the idea of ZeRO: Rajbhandari, Rasley, Ruwase & He 2020, first stage): each has the gradients of
/// its range of the flat buffers, updates values and moments there, and gets the other values from the others.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One step with the given learning rate; each group's is its factor times that.
  void step(double learning_rate);
  /// The same by several ranks, float32 on the CPU: it reads the gradients of this rank's range (Ranks::sum_range) alone, and leaves
  /// the buffers of the optimiser current in that range alone.
  void step(double learning_rate, const Ranks& ranks);
  /// Makes the buffers current as a whole, as those to save must be.
  void gather_buffers(const Ranks& ranks);

  /// @name A step in two stages
  /// So that a step on a device can be recorded once and run again: add_rates() computes the numbers that differ from
  /// step to step, and apply() reads them where its kernels run.
  /// @{
  /// Appends those of the step after `steps` others, for each range of the parameters in turn.
  virtual void add_rates(double learning_rate, int64_t steps, std::vector<double>& rates) const = 0;
  /// The step itself, with rates [n] float64 on the device of the parameters.
  void apply(const Tensor& rates) { apply(rates, {0, parameters_.values().numel()}); }
  /// @}

  /// The buffers to save, by name; the tensors are the optimiser's own.
  const std::map<std::string, Tensor>& buffers() const { return buffers_; }
  /// How many steps there have been: Adam's bias correction depends on it.
  int64_t steps() const { return steps_; }
  /// Sets the count of an earlier run.
  void set_steps(int64_t steps) { steps_ = steps; }

 protected:
  Optimizer(const FlatParameters& parameters, const std::vector<ParameterGroup>& groups, double weight_decay)
      : parameters_(parameters), ranges_(ranges_of(parameters, groups, weight_decay)) {}
  /// A new buffer of zeros like the parameters.
  Tensor& buffer(const std::string& name);
  /// The step in one part of the buffers, with the rates of all ranges.
  virtual void apply(const Tensor& rates, Ranks::Range part) = 0;
  /// The ranges of that part for a device, each with `rates_each` rates.
  std::vector<UpdateRange> update_ranges(int64_t rates_each, Ranks::Range part) const;

  FlatParameters parameters_;  // a handle: the optimiser may outlive the one that it was made from
  const std::vector<ParameterRange> ranges_;
  std::map<std::string, Tensor> buffers_;
  int64_t steps_ = 0;

 private:
  void set_rates(double learning_rate);

  std::vector<double> next_rates_;  // of step(), kept so that it allocates nothing
  Tensor rates_;
};

struct SgdOptions {
  double momentum = 0;
  double weight_decay = 0;  ///< times the parameter, added to its gradient
  bool nesterov = false;
};

/// Stochastic gradient descent with momentum, as torch.optim.SGD: v = momentum v + g, p -= lr v; with `nesterov`
/// p -= lr (g + momentum v) (Sutskever, Martens, Dahl & Hinton 2013). Error if a parameter is in two groups, or a group
/// has none.
std::unique_ptr<Optimizer> make_sgd(const FlatParameters& parameters, const SgdOptions& options,
                                    const std::vector<ParameterGroup>& groups = {});

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999;  ///< how much the mean of g, and that of g^2, keep from step to step
  double epsilon = 1e-8;              ///< added to the root of the mean of g^2
  double weight_decay = 0;
  /// AdamW: the decay acts on the parameters themselves, not through the gradient (Loshchilov & Hutter 2019).
  bool decoupled = false;
};

/// Adam (Kingma & Ba 2015), with bias correction, as torch.optim.Adam and AdamW. Errors as for make_sgd.
std::unique_ptr<Optimizer> make_adam(const FlatParameters& parameters, const AdamOptions& options,
                                     const std::vector<ParameterGroup>& groups = {});

/// The learning rate as a function of the step. After `warmup` steps, through which it rises linearly from 0, it is
/// constant; or falls by `factor` every `period` steps; or follows half a cosine down to `final` times itself at the last
/// step (Loshchilov & Hutter 2017).
struct Schedule {
  enum class Kind { constant, step, cosine };
  Kind kind = Kind::constant;
  double learning_rate = 1e-3;  ///< the largest one
  int64_t warmup = 0;           ///< in steps
  int64_t period = 1000;        ///< step: how many steps lie between two falls
  double factor = 0.5;          ///< step
  double final = 0;             ///< cosine: a share of learning_rate
  int64_t total = 1;            ///< cosine: the number of steps of the whole training

  /// The rate of step 0, 1, ....
  double at(int64_t step) const;
};

}  // namespace elbow
