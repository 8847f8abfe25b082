#pragma once
#include <memory>
#include <string>
#include <vector>

#include "autograd/registry.hpp"
#include "nn/init.hpp"
#include "nn/module.hpp"

namespace elbow {

/// y = x w + b: x [rows, in], y [rows, out].
class Linear : public Layer {
 public:
  /// Weight and bias as torch.nn.Linear has them at first: uniform on +-1 / sqrt(in). `random` gives the keys of the two
  /// draws, weight first.
  Linear(int64_t in, int64_t out, RandomStream& random, DType dtype = DType::float32)
      : Linear(in, out, torch_default, torch_default, random, dtype) {}
  /// The same with distributions of one's own; both count the fans of the weight.
  Linear(int64_t in, int64_t out, const Init& weight_init, const Init& bias_init, RandomStream& random,
         DType dtype = DType::float32);
  /// Error if x is not [rows, in] or of another dtype.
  Tensor forward(const Tensor& x) override;
  Tensor forward_relu(const Tensor& x) override;
  std::string describe() const override;
  Tensor weight, bias;  ///< [in, out], [out]
};

/// Each column of x [rows, columns] normalised over the rows of the batch (in training) or by the running statistics (in
/// evaluation), then times weight, plus bias (Ioffe & Szegedy 2015). `momentum` is the weight of a batch in the running
/// statistics; `epsilon` is added to the variance.
class BatchNorm1d : public Layer {
 public:
  /// Weight 1 and bias 0, as torch.nn.BatchNorm1d.
  explicit BatchNorm1d(int64_t columns, double momentum = 0.1, double epsilon = 1e-5,
                       DType dtype = DType::float32);
  /// The weight by a distribution of one's own, bias 0. `random` gives the key of the draw.
  BatchNorm1d(int64_t columns, const Init& weight_init, RandomStream& random, double momentum = 0.1,
              double epsilon = 1e-5, DType dtype = DType::float32);
  /// x [rows, columns], y the same. Error for another shape or dtype.
  Tensor forward(const Tensor& x) override { return normalise(x, false); }
  Tensor forward_relu(const Tensor& x) override { return normalise(x, true); }
  std::string describe() const override;
  Tensor weight, bias, running_mean, running_var;  ///< [columns] each
  const double momentum, epsilon;

 private:
  virtual Tensor normalise(const Tensor& x, bool relu);
};

/// An element-wise function by name: any element-wise op of one tensor (docs/ops.md) with its default settings, or
/// identity. x of any shape.
class ActivationLayer : public Layer {
 public:
  /// Error for an unknown name, which lists the known ones.
  explicit ActivationLayer(const std::string& name);
  Tensor forward(const Tensor& x) override;
  std::string describe() const override { return name_; }
  bool is_relu() const override { return name_ == "relu"; }
  /// The known names.
  static std::vector<std::string> names();

 private:
  static constexpr const char* identity = "identity";
  std::string name_;
  AnyOp function_;  // no op: identity
};

/// In training, each element of x, of any shape, is 0 with probability p, and divided by 1 - p otherwise (Srivastava et
/// al. 2014). In evaluation, x itself.
class Dropout : public Layer {
 public:
  /// `random` gives a fresh mask at each call. It is kept by reference and must outlive the layer.
  Dropout(double p, RandomStream& random) : p_(p), stream_(random) {}
  /// Error if p is not in 0..1, 1 excluded.
  Tensor forward(const Tensor& x) override;
  std::string describe() const override { return str(class_name(), "(", p_, ")"); }

 private:
  double p_;
  RandomStream& stream_;
};

/// Layers one behind the other, named "0", "1", ....
class Sequential : public Layer {
 public:
  /// Appends a layer. Error if FlatParameters has collected the parameters: see Module::parameter().
  void add(std::unique_ptr<Layer> layer);
  /// Appends a layer of type L made of `args`, as in `net.emplace<Linear>(2, 32, random)`.
  template <class L, class... Args> void emplace(Args&&... args) {
    add(std::make_unique<L>(std::forward<Args>(args)...));
  }
  /// The last layer's result; a layer and a ReLU behind it are computed together (Layer::forward_relu). An Error of a layer is extended with that layer's name, such as "1.0" for the first layer
  /// of a Sequential that is itself the second layer.
  Tensor forward(const Tensor& x) override;
  size_t size() const { return layers_.size(); }
  /// Layer i; i < size() is not checked.
  Layer& operator[](size_t i) { return *layers_[i]; }

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace elbow
