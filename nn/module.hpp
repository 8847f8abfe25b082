#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "autograd/tensor.hpp"

namespace elbow {

/// One tensor of a module under its full name, such as "encoder.0.weight".
struct NamedTensor {
  std::string name;
  Tensor* tensor;
  bool trained;     ///< a parameter; otherwise a buffer, such as running statistics
  bool transposed;  ///< stands transposed in files: see state_of()
};

/// Base of everything that has parameters. A module registers its tensors and its parts in its constructor; it is
/// never copied or moved, since the registry points into it.
class Module {
 public:
  virtual ~Module() = default;
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Training or evaluation mode, for this module and all its parts (batch norm and dropout differ).
  void train(bool on = true);
  bool training() const { return training_; }
  /// While frozen, batch norm normalises by its running statistics in training as well, and leaves them as they are: the
  /// noise of the batches' statistics is gone, and training sees what evaluation will see.
  void freeze_statistics(bool on = true);

  /// All tensors, in the order of registration, parts depth first.
  std::vector<NamedTensor> named_tensors() const;
  /// Number of trained elements.
  int64_t parameters() const;

 protected:
  /// Registers a tensor to be trained; it will require a gradient. `transposed`: see state_of().
  void parameter(const std::string& name, Tensor& tensor, bool transposed = false);
  /// Registers a tensor that is saved but not trained.
  void buffer(const std::string& name, Tensor& tensor);
  void part(const std::string& name, Module& module);
  bool statistics_frozen() const { return statistics_frozen_; }

 private:
  void collect(const std::string& prefix, std::vector<NamedTensor>& out) const;
  std::vector<NamedTensor> own_;
  std::vector<std::pair<std::string, Module*>> parts_;
  bool training_ = true, statistics_frozen_ = false;
};

/// A module that maps one tensor to one tensor.
class Layer : public Module {
 public:
  virtual Tensor forward(const Tensor& x) = 0;
  Tensor operator()(const Tensor& x) { return forward(x); }
};

/// Copies of all tensors of a module, by name, in the layout of PyTorch: a Linear keeps its weight as [in, out] and
/// stands in files as [out, in], so that a file loads into the same model written with torch.nn.
std::map<std::string, Tensor> state_of(const Module& module);

/// Sets all tensors of a module from such a state. Throws, naming the tensor, when one is missing, unknown or of another
/// shape; the module is untouched then.
void set_state(Module& module, const std::map<std::string, Tensor>& state);

/// All parameters of a module side by side in one buffer, and their gradients in another: clearing the gradients is one
/// memset, an optimiser one loop. Each parameter starts at a multiple of 64 bytes; the elements between are 0 and stay 0.
class FlatParameters {
 public:
  /// Moves the parameters of `module` into the buffer; the module's tensors become views of it.
  explicit FlatParameters(Module& module);
  const Tensor& values() const { return values_; }
  const Tensor& gradients() const { return gradients_; }
  void zero_gradients();
  /// Scales the gradients so that their Euclidean norm is at most `limit`; returns the norm before.
  double clip_gradients(double limit);

 private:
  Tensor values_, gradients_;
};

}  // namespace elbow
