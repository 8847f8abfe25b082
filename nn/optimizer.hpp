#pragma once
#include <map>
#include <memory>
#include <string>

#include "nn/module.hpp"

namespace elbow {

/// Turns gradients into steps, over the flat buffers of all parameters at once. The state (moments, number of steps) can
/// be saved and set, so that training resumes to the bit.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One step with the given learning rate.
  virtual void step(double learning_rate) = 0;

  /// The buffers to save, by name; the tensors are the optimiser's own.
  const std::map<std::string, Tensor>& buffers() const { return buffers_; }
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 protected:
  explicit Optimizer(const FlatParameters& parameters) : parameters_(parameters) {}
  Tensor& buffer(const std::string& name);  // zeros like the parameters
  const FlatParameters& parameters_;
  std::map<std::string, Tensor> buffers_;
  int64_t steps_ = 0;
};

struct SgdOptions {
  double momentum = 0, weight_decay = 0;
  bool nesterov = false;
};

/// Stochastic gradient descent with momentum: v = momentum v + g, p -= lr v (as torch.optim.SGD).
std::unique_ptr<Optimizer> make_sgd(const FlatParameters& parameters, const SgdOptions& options);

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;
  /// AdamW: the decay acts on the parameters themselves, not through the gradient (Loshchilov & Hutter 2019).
  bool decoupled = false;
};

/// Adam (Kingma & Ba 2015), with bias correction, as torch.optim.Adam and AdamW.
std::unique_ptr<Optimizer> make_adam(const FlatParameters& parameters, const AdamOptions& options);

}  // namespace elbow
