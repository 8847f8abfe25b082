#pragma once
#include <memory>
#include <string>
#include <vector>

#include "nn/init.hpp"
#include "nn/module.hpp"

namespace elbow {

/// y = x w + b: x [rows, in], y [rows, out].
class Linear : public Layer {
 public:
  /// `stream` gives the keys of the two draws, weight first. Both count the fans of the weight.
  Linear(int64_t in, int64_t out, const Init& weight_init, const Init& bias_init, RandomStream& stream,
         DType dtype = DType::float32);
  Tensor forward(const Tensor& x) override;
  Tensor weight, bias;  ///< [in, out], [out]
};

/// Each column normalised over the rows of the batch (in training) or by the running statistics (in evaluation).
class BatchNorm1d : public Layer {
 public:
  BatchNorm1d(int64_t columns, const Init& weight_init, RandomStream& stream, double momentum = 0.1,
              double epsilon = 1e-5, DType dtype = DType::float32);
  Tensor forward(const Tensor& x) override;
  Tensor weight, bias, running_mean, running_var;  ///< [columns] each
  const double momentum, epsilon;
};

/// An element-wise function by name: relu, leaky_relu, sigmoid, tanh, softplus, identity.
class ActivationLayer : public Layer {
 public:
  /// Throws for an unknown name, and lists the known ones.
  explicit ActivationLayer(const std::string& name);
  Tensor forward(const Tensor& x) override { return function_(x); }
  static std::vector<std::string> names();

 private:
  Tensor (*function_)(const Tensor&);
};

/// In training, each element is dropped with probability p; `stream` gives a fresh mask at each call.
class Dropout : public Layer {
 public:
  Dropout(double p, RandomStream& stream) : p_(p), stream_(stream) {}
  Tensor forward(const Tensor& x) override;

 private:
  double p_;
  RandomStream& stream_;
};

/// Layers one behind the other, named "0", "1", ....
class Sequential : public Layer {
 public:
  void add(std::unique_ptr<Layer> layer);
  template <class L, class... Args> void emplace(Args&&... args) {
    add(std::make_unique<L>(std::forward<Args>(args)...));
  }
  Tensor forward(const Tensor& x) override;
  size_t size() const { return layers_.size(); }
  Layer& operator[](size_t i) { return *layers_[i]; }

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace elbow
