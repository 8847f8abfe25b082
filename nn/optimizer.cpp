#include "nn/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/backend/backend.hpp"
#include "autograd/kernels/simd.hpp"
#include "autograd/profile.hpp"
#include "base/parallel.hpp"

namespace elbow {
namespace {

// Runs f(i), with i the first of one register's elements, over a range of the flat buffers: its ends are multiples of 64
// bytes, so nothing is left over.
template <class T, class F> void for_registers(const ParameterRange& range, F f) {
  constexpr int64_t chunk = 16384;
  const int64_t n = std::max<int64_t>(0, range.last - range.first);
  parallel_for((n + chunk - 1) / chunk, n, [&](int64_t c) {
    const int64_t first = range.first + c * chunk, last = std::min(range.last, first + chunk);
    const F own = f;  // a copy that nobody else can see: what f holds stays in registers, whatever it stores
    for (int64_t i = first; i < last; i += simd::width<T>) own(i);
  });
}

// What of the range lies in that part of the buffers.
ParameterRange within(ParameterRange range, Ranks::Range part) {
  range.first = std::max(range.first, part.first);
  range.last = std::min(range.last, part.last);
  return range;
}

class Sgd : public Optimizer {
 public:
  Sgd(const FlatParameters& parameters, const SgdOptions& options, const std::vector<ParameterGroup>& groups)
      : Optimizer(parameters, groups, options.weight_decay), options_(options), velocity_(buffer("velocity")) {}

  // The learning rate of each range.
  void add_rates(double learning_rate, int64_t /*steps*/, std::vector<double>& rates) const override {
    for (const ParameterRange& range : ranges_) rates.push_back(learning_rate * range.learning_rate_factor);
  }

  void apply(const Tensor& rates, Ranks::Range part) override {
    if (rates.device() != Device::cpu)
      backend(rates.device())
          .sgd({parameters_.values(), parameters_.gradients(), velocity_, rates, update_ranges(1, part),
                options_.momentum, options_.nesterov});
    else
      dispatch(velocity_.dtype(), [&]<class T>() {
        for (size_t i = 0; i < ranges_.size(); ++i)
          step_range<T>(within(ranges_[i], part), rates.data<double>() + i);
      });
    parameters_.values().mark_written("sgd");
  }

 private:
  template <class T> void step_range(const ParameterRange& range, const double* rates) {
    using V = simd::Vec<T>;
    T* p = parameters_.values().data<T>();           // [n]
    const T* g = parameters_.gradients().data<T>();  // [n]
    T* v = velocity_.data<T>();                      // [n]
    const V lr = V(T(rates[0])), decay = V(T(range.weight_decay));
    const V momentum = V(T(options_.momentum));
    for_registers<T>(range, [=, nesterov = options_.nesterov](int64_t i) {
      const V value = V::load_aligned(p + i);
      const V gradient = V::load_aligned(g + i) + decay * value;
      const V velocity = momentum * V::load_aligned(v + i) + gradient;
      velocity.store_aligned(v + i);
      const V direction = nesterov ? gradient + momentum * velocity : velocity;
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

  // With the bias corrections c1 = 1 - beta1^t and c2 = 1 - beta2^t folded into two numbers:
  //   p -= lr / c1 * m / (sqrt(v) / sqrt(c2) + epsilon)
  // For each range: lr / c1, 1 / sqrt(c2), and what a decoupled decay leaves of p.
  void add_rates(double learning_rate, int64_t steps, std::vector<double>& rates) const override {
    const double correction1 = 1 - std::pow(options_.beta1, double(steps + 1));
    const double correction2 = 1 - std::pow(options_.beta2, double(steps + 1));
    for (const ParameterRange& range : ranges_) {
      const double lr = learning_rate * range.learning_rate_factor;
      rates.push_back(lr / correction1);
      rates.push_back(1 / std::sqrt(correction2));
      rates.push_back(options_.decoupled ? 1 - lr * range.weight_decay : 1);
    }
  }

  void apply(const Tensor& rates, Ranks::Range part) override {
    if (rates.device() != Device::cpu)
      backend(rates.device())
          .adam({parameters_.values(), parameters_.gradients(), mean_, square_, rates,
                 update_ranges(rates_each, part), options_.beta1, options_.beta2, options_.epsilon,
                 options_.decoupled});
    else
      dispatch(mean_.dtype(), [&]<class T>() {
        for (size_t i = 0; i < ranges_.size(); ++i)
          step_range<T>(within(ranges_[i], part), rates.data<double>() + rates_each * int64_t(i));
      });
    parameters_.values().mark_written("adam");
  }

 private:
  static constexpr int64_t rates_each = 3;

  template <class T> void step_range(const ParameterRange& range, const double* rates) {
    using V = simd::Vec<T>;
    T* p = parameters_.values().data<T>();           // [n]
    const T* g = parameters_.gradients().data<T>();  // [n]
    T* m = mean_.data<T>();                          // [n] first moment
    T* v = square_.data<T>();                        // [n] second moment
    const V beta1 = V(T(options_.beta1)), rest1 = V(T(1 - options_.beta1));
    const V beta2 = V(T(options_.beta2)), rest2 = V(T(1 - options_.beta2));
    const V rate = V(T(rates[0])), root = V(T(rates[1])), shrink = V(T(rates[2]));
    const V epsilon = V(T(options_.epsilon));
    const V decay = V(T(options_.decoupled ? 0 : range.weight_decay));
    for_registers<T>(range, [=](int64_t i) {
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
  return buffers_[name] = Tensor::zeros(like.shape(), like.dtype(), like.device());
}

std::vector<UpdateRange> Optimizer::update_ranges(int64_t rates_each, Ranks::Range part) const {
  std::vector<UpdateRange> out;
  for (size_t i = 0; i < ranges_.size(); ++i)
    if (const ParameterRange r = within(ranges_[i], part); r.first < r.last)
      out.push_back({r.first, r.last, int64_t(i) * rates_each, r.weight_decay});
  return out;
}

void Optimizer::step(double learning_rate) {
  const Timed timed("optimizer", Work::beside);
  set_rates(learning_rate);
  apply(rates_);
  ++steps_;
}

void Optimizer::step(double learning_rate, const Ranks& ranks) {
  const Timed timed("optimizer", Work::beside);
  set_rates(learning_rate);
  Tensor& values = parameters_.values();
  ranks.gather(values.data<float>(), values.numel(), [&](Ranks::Range part) { apply(rates_, part); });
  values.mark_written("optimizer");
  ++steps_;
}

void Optimizer::gather_buffers(const Ranks& ranks) {
  for (auto& [name, buffer] : buffers_) ranks.gather(buffer.data<float>(), buffer.numel(), [](Ranks::Range) {});
}

void Optimizer::set_rates(double learning_rate) {
  next_rates_.clear();
  add_rates(learning_rate, steps_, next_rates_);
  const Device device = parameters_.values().device();
  if (!rates_) rates_ = Tensor::empty({int64_t(next_rates_.size())}, DType::float64, device);
  if (device == Device::cpu)
    std::copy(next_rates_.begin(), next_rates_.end(), rates_.data<double>());
  else
    backend(device).upload(next_rates_.data(), rates_);
}

std::unique_ptr<Optimizer> make_sgd(const FlatParameters& parameters, const SgdOptions& options,
                                    const std::vector<ParameterGroup>& groups) {
  return std::make_unique<Sgd>(parameters, options, groups);
}

std::unique_ptr<Optimizer> make_adam(const FlatParameters& parameters, const AdamOptions& options,
                                     const std::vector<ParameterGroup>& groups) {
  return std::make_unique<Adam>(parameters, options, groups);
}

double Schedule::at(int64_t step) const {
  if (step < warmup) return learning_rate * double(step + 1) / double(warmup);
  const int64_t after = step - warmup;
  switch (kind) {
    case Kind::constant: return learning_rate;
    case Kind::step: return learning_rate * std::pow(factor, double(after / std::max<int64_t>(1, period)));
    case Kind::cosine: {
      const double progress = std::min(1.0, double(after) / double(std::max<int64_t>(1, total - warmup)));
      return learning_rate * (final + (1 - final) * (1 + std::cos(std::numbers::pi * progress)) / 2);
    }
  }
  return learning_rate;
}

}  // namespace elbow
