#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "autograd/tensor.hpp"

namespace elbow {

class Ranks;

/// One tensor of a module under its full name, such as "encoder.0.weight".
struct NamedTensor {
  std::string name;
  Tensor* tensor;   ///< the module's own
  bool trained;     ///< a parameter; otherwise a buffer, such as running statistics
  bool transposed;  ///< stands transposed in files: see state_of()
};

/// Base of everything that has parameters. A module registers its tensors and its submodules, in its constructor or later, but
/// before FlatParameters collects them. It is never copied or moved, since the registry points into it.
class Module {
 public:
  virtual ~Module() = default;
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Sets training or evaluation mode, for this module and all its submodules (batch norm and dropout differ).
  void train(bool on = true);
  /// Whether it is in training mode, as it is at first.
  bool training() const { return training_; }
  /// While frozen, batch norm normalises by its running statistics in training as well, and leaves them as they are: the
  /// noise of the batches' statistics is gone, and training sees what evaluation will see.
  void freeze_statistics(bool on = true);
  /// From here on its tensors, and those of its submodules, are saved and not trained, and it stays in evaluation mode: a part that
  /// was trained before. Before FlatParameters collects them (Error afterwards).
  void freeze();
  /// Whether freeze_statistics() is on.
  bool statistics_frozen() const { return statistics_frozen_; }

  /// Moves all tensors to that device, before FlatParameters collects them (Error afterwards).
  void to(Device device);
  /// Where its tensors are; the CPU for a module without any.
  Device device() const;

  /// All tensors, in the order of registration, submodules depth first.
  std::vector<NamedTensor> named_tensors() const;
  /// Number of trained elements.
  int64_t parameters() const;
  /// What it is, in a few words such as "Linear(2, 32)": by default the name of its class.
  virtual std::string describe() const { return class_name(); }
  /// The name of a submodule at any depth, such as "encoder.0"; "" if it is none.
  std::string path_to(const Module& submodule) const;
  /// Prints the module and, indented, its submodules: name, description, number of parameters.
  friend std::ostream& operator<<(std::ostream& out, const Module& module);

 protected:
  /// Registers a tensor to be trained; it will require a gradient. `transposed`: see state_of(). Error, naming the
  /// parameter, if FlatParameters has collected those of this module: it would never be trained.
  void parameter(const std::string& name, Tensor& tensor, bool transposed = false);
  /// Registers a tensor that is saved but not trained.
  void buffer(const std::string& name, Tensor& tensor);
  /// Registers a submodule, which must live as long as this module. Error as for parameter().
  void submodule(const std::string& name, Module& module);
  /// The name of its class, without namespaces.
  std::string class_name() const;

 private:
  friend class FlatParameters;
  void collect(const std::string& prefix, std::vector<NamedTensor>& out) const;
  void print(std::ostream& out, int depth) const;
  void require_free(const std::string& path) const;
  void close(const std::string& path, const std::shared_ptr<const void>& home);
  void require_open(const char* asker, const std::string& name, const std::string& what) const;

  const Tensor* any_tensor() const;  // the first, or nullptr

  std::vector<NamedTensor> own_;
  std::vector<std::pair<std::string, Module*>> submodules_;
  bool training_ = true, statistics_frozen_ = false, frozen_ = false;
  std::weak_ptr<const void> home_;  // while it lives, this module is closed: see FlatParameters
  std::string path_;  // its name in the module that FlatParameters was made of, and a dot; for messages
};

/// A module that maps one tensor to one tensor.
class Layer : public Module {
 public:
  /// The result for x; each layer says which shapes it takes.
  virtual Tensor forward(const Tensor& x) = 0;
  /// relu(forward(x)), the same numbers; in one op where a layer has one for both.
  virtual Tensor forward_relu(const Tensor& x);
  /// Whether it is relu itself, so that the layer before it may do both.
  virtual bool is_relu() const { return false; }
  /// The same as forward(x).
  Tensor operator()(const Tensor& x) { return forward(x); }
};

/// Copies of all tensors of a module, by name, in the layout of PyTorch: a Linear keeps its weight as [in, out] and
/// is [out, in] in files, so that a file loads into the same model written with torch.nn.
std::map<std::string, Tensor> state_of(const Module& module);

/// Whether no element, of a tensor or of all tensors of a module, is a NaN or an infinity.
bool all_finite(const Tensor& t);
bool all_finite(const Module& module);

/// Sets all tensors of a module from such a state. Error, naming the tensor, when one is missing, unknown or of another
/// shape or dtype; the module is untouched then.
void set_state(Module& module, const std::map<std::string, Tensor>& state);

/// A parameter in the flat buffers: its elements are `numel` from `first` on.
struct FlatParameter {
  std::string name;  ///< such as "encoder.0.weight"
  Shape shape;
  int64_t first, numel;
};

/// All parameters of a module side by side in one buffer, and their gradients in another: an optimiser is one loop. Each parameter
/// starts at a multiple of 64 bytes; the elements between are 0 and stay 0.
///
/// It is a handle, as a tensor is: a copy means the same buffers, which live as long as anybody refers to them (module,
/// FlatParameters or optimiser). While a FlatParameters or an optimiser made from one lives, the module is closed: it takes
/// no new parameters and submodules, which nobody would train, and no second FlatParameters, which would leave the first one
/// with buffers that nobody reads. After that, one may add layers and make another.
class FlatParameters {
 public:
  /// Moves the parameters of `module` into the buffer; the module's tensors become views of it. Error if there are none,
  /// if they differ in dtype, or if another FlatParameters has them.
  explicit FlatParameters(Module& module);
  /// The same for a second module of the same kind, which shares the values of the first and has gradients of its own: for what is
  /// computed at the same time. Error if it is of another kind.
  FlatParameters(Module& module, const FlatParameters& shared);

  /// All parameters, [n], with the padding between them.
  Tensor& values() { return values_; }
  const Tensor& values() const { return values_; }
  /// The gradients, [n], each at its parameter's place. Ask again after each zero_gradients() and backward pass.
  Tensor& gradients();
  /// Where each parameter lies, in the order of registration.
  const std::vector<FlatParameter>& list() const { return list_; }

  /// Sets all gradients to 0. It writes none of them: the backward pass overwrites, and gradients() clears what it left out.
  void zero_gradients();
  /// Scales the gradients so that their Euclidean norm is at most `limit`; returns the norm before (Pascanu, Mikolov &
  /// Bengio 2013, "On the difficulty of training recurrent neural networks").
  double clip_gradients(double limit);
  /// The same; the norm goes to `norm` [] float64 on the gradients' device, and nobody waits for it.
  void clip_gradients(double limit, Tensor& norm);
  /// The same for gradients on the CPU that several ranks share, each of which scales its range (Ranks::range). The norm has the same
  /// bits for any number of ranks and threads.
  double clip_gradients(double limit, const Ranks& ranks);

 private:
  void take(Module& module, const std::vector<NamedTensor>& parameters);

  std::vector<double> squares_;  // of the pieces of the gradients, while they are clipped
  Tensor values_, gradients_;
  std::vector<Tensor> parameters_;  // views of values_, whose gradients are views of gradients_
  std::vector<FlatParameter> list_;
  std::shared_ptr<const void> home_;  // see Module::home_
};

}  // namespace elbow
