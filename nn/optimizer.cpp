#define ELBOW_KERNELS
#include "nn/optimizer.hpp"

#include <cmath>

#include "autograd/parallel.hpp"
#include "autograd/simd.hpp"

namespace elbow {
namespace {

// Runs f(i), with i the first of one register's elements, over a range of the flat buffers: its ends are multiples of 64
// bytes, so nothing is left over.
template <class T, class F> void for_registers(const ParameterRange& range, F f) {
  constexpr int64_t chunk = 16384;
  const int64_t n = range.last - range.first;
  parallel_for((n + chunk - 1) / chunk, n, [&](int64_t c) {
    const int64_t first = range.first + c * chunk, last = std::min(range.last, first + chunk);
    for (int64_t i = first; i < last; i += simd::width<T>) f(i);
  });
}

class Sgd : public Optimizer {
 public:
  Sgd(const FlatParameters& parameters, const SgdOptions& options, const std::vector<ParameterGroup>& groups)
      : Optimizer(parameters, groups, options.weight_decay), options_(options), velocity_(buffer("velocity")) {}

  void step(double learning_rate) override {
    ++steps_;
    dispatch(velocity_.dtype(), [&]<class T>() {
      for (const ParameterRange& range : ranges_) step_range<T>(range, learning_rate);
    });
    parameters_.values().mark_written("sgd");
  }

 private:
  template <class T> void step_range(const ParameterRange& range, double learning_rate) {
    using V = simd::Vec<T>;
    T* p = parameters_.values().data<T>();           // [n]
    const T* g = parameters_.gradients().data<T>();  // [n]
    T* v = velocity_.data<T>();                      // [n]
    const V lr = V(T(learning_rate * range.learning_rate_factor)), decay = V(T(range.weight_decay));
    const V momentum = V(T(options_.momentum));
    for_registers<T>(range, [&](int64_t i) {
      const V value = V::load_aligned(p + i);
      const V gradient = V::load_aligned(g + i) + decay * value;
      const V velocity = momentum * V::load_aligned(v + i) + gradient;
      velocity.store_aligned(v + i);
      const V direction = options_.nesterov ? gradient + momentum * velocity : velocity;
      (value - lr * direction).store_aligned(p + i);
    });
  }

  SgdOptions options_;
  Tensor& velocity_;
};

class Adam : public Optimizer {
 public:
  Adam(const FlatParameters& parameters, const AdamOptions& options, const std::vector<ParameterGroup>& groups)
      : Optimizer(parameters, groups, options.weight_decay),
        options_(options),
        mean_(buffer("mean")),
        square_(buffer("square")) {}

  void step(double learning_rate) override {
    ++steps_;
    dispatch(mean_.dtype(), [&]<class T>() {
      for (const ParameterRange& range : ranges_)
        step_range<T>(range, learning_rate * range.learning_rate_factor);
    });
    parameters_.values().mark_written("adam");
  }

 private:
  // With the bias corrections c1 = 1 - beta1^t and c2 = 1 - beta2^t folded into two numbers:
  //   p -= lr / c1 * m / (sqrt(v) / sqrt(c2) + epsilon)
  template <class T> void step_range(const ParameterRange& range, double learning_rate) {
    using V = simd::Vec<T>;
    const double correction1 = 1 - std::pow(options_.beta1, double(steps_));
    const double correction2 = 1 - std::pow(options_.beta2, double(steps_));
    T* p = parameters_.values().data<T>();           // [n]
    const T* g = parameters_.gradients().data<T>();  // [n]
    T* m = mean_.data<T>();                          // [n] first moment
    T* v = square_.data<T>();                        // [n] second moment
    const V beta1 = V(T(options_.beta1)), rest1 = V(T(1 - options_.beta1));
    const V beta2 = V(T(options_.beta2)), rest2 = V(T(1 - options_.beta2));
    const V rate = V(T(learning_rate / correction1)), root = V(T(1 / std::sqrt(correction2)));
    const V epsilon = V(T(options_.epsilon));
    const V decay = V(T(options_.decoupled ? 0 : range.weight_decay));
    const V shrink = V(T(options_.decoupled ? 1 - learning_rate * range.weight_decay : 1));
    for_registers<T>(range, [&](int64_t i) {
      const V value = V::load_aligned(p + i);
      const V gradient = V::load_aligned(g + i) + decay * value;
      const V mean = beta1 * V::load_aligned(m + i) + rest1 * gradient;
      const V square = beta2 * V::load_aligned(v + i) + rest2 * gradient * gradient;
      mean.store_aligned(m + i);
      square.store_aligned(v + i);
      (shrink * value - rate * mean / (sqrt(square) * root + epsilon)).store_aligned(p + i);
    });
  }

  AdamOptions options_;
  Tensor &mean_, &square_;
};

}  // namespace

Tensor& Optimizer::buffer(const std::string& name) {
  const Tensor& like = parameters_.values();
  return buffers_[name] = Tensor::zeros(like.shape(), like.dtype());
}

std::unique_ptr<Optimizer> make_sgd(const FlatParameters& parameters, const SgdOptions& options,
                                    const std::vector<ParameterGroup>& groups) {
  return std::make_unique<Sgd>(parameters, options, groups);
}

std::unique_ptr<Optimizer> make_adam(const FlatParameters& parameters, const AdamOptions& options,
                                     const std::vector<ParameterGroup>& groups) {
  return std::make_unique<Adam>(parameters, options, groups);
}

}  // namespace elbow
