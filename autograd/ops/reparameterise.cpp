#include <cmath>

#include "autograd/backend/cuda/random.hpp"
#include "autograd/op.hpp"
#include "autograd/random.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// mu + e^(log_var / 2) * noise, a draw from N(mu, e^log_var): mu and log_var of one shape (throws otherwise); the noise is the sequence of normal numbers that `key` names (Kingma & Welling 2014).
Tensor reparameterise(const Tensor& mu, const Tensor& log_var, const RandomKey& key);
#endif

namespace elbow::ops {

namespace detail {
// dz -> dmu, dlog_var, for the kernels of elementwise.hpp.
template <class T> struct ReparameteriseSlopes {
  ELBOW_DEVICE void operator()(const T (&x)[2], T (&d)[2]) const {
    d[0] = x[0];
    d[1] = x[0] * x[1] * T(0.5);
  }
};
}  // namespace detail

struct Reparameterise : Op {
  static constexpr auto
      name = "reparameterise",
      doc = "mu + e^(log_var / 2) * noise: a draw from N(mu, e^log_var) that gradients pass through";
  RandomKey key;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 2);
    const Shape &mu = in[0].shape(), &log_var = in[1].shape();
    if (!(mu == log_var)) fail(name, "mu ", mu, " and log_var ", log_var, " differ in shape");
    return mu;
  }
  template <class T> void forward(ForwardContext& c) const {
    const int64_t n = c.y.numel();
    Tensor deviation = Tensor::empty(c.y.shape(), c.y.dtype());
    T* d = deviation.template data<T>();  // z - mu = e^(log_var / 2) * noise
    fill_normal<T>(key, d, n);
    simd::map<T>(
        n, d, false,
        [](auto log_var, auto noise) {
          using V = decltype(log_var);
          return exp(log_var * V(0.5)) * noise;
        },
        c.in[1].template data<T>(), d);
    simd::map<T>(
        n, c.y.template data<T>(), false, [](auto mu, auto v) { return mu + v; }, c.in[0].template data<T>(),
        d);
    c.save(deviation);
    c.save(c.in[1]);
  }
  // dz / dmu = 1 and dz / dlog_var = (z - mu) / 2, which is what was saved
  template <class T> void backward(BackwardContext& c) const {
    if (c.needs(0)) c.give(0, c.dy());
    if (!c.needs(1)) return;
    auto [dv, add] = c.template into<T>(1);
    simd::map<T>(
        c.dy().numel(), dv, add, [](auto dz, auto d) { return dz * d * decltype(dz)(0.5); },
        c.dy().template data<T>(), c.saved(0).template data<T>());
  }
  template <class T> void device_forward(ForwardContext& c) const {
    Tensor deviation = Tensor::empty(c.y.shape(), c.y.dtype(), c.y.device());
    const auto mu = cuda::in<T>(c.in[0]), log_var = cuda::in<T>(c.in[1]);
    const auto z = cuda::out<T>(c.y), d = cuda::out<T>(deviation);  // all of mu's shape
    cuda::for_each_number<T>(key, cuda::NormalDistribution<T>{0, 1}, c.y.numel(),
                             [=] ELBOW_DEVICE(int64_t i, T noise) {
                               const T v = exp(log_var[i] * T(0.5)) * noise;
                               d[i] = v;
                               z[i] = mu[i] + v;
                             });
    c.save(deviation);
    c.save(c.in[1]);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    cuda::elementwise<T, 2, 2>(detail::ReparameteriseSlopes<T>{}, c.dy().shape(), {&c.dy(), &c.saved(0)},
                               cuda::gradients<T, 2>(c));
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor &log_var = c.saved(1), &dz = c.dy();
    c.give(0, dz);
    if (!c.needs(1)) return;
    const Tensor half = Tensor::full({}, 0.5, dz.dtype(), dz.device());
    const Tensor deviation =
        mul(exp(mul(log_var, half)), normal(key, dz.shape(), 0, 1, dz.dtype(), dz.device()));
    c.give(1, mul(mul(dz, deviation), half));
  }
  void reference(Inputs in, double* z) const {
    std::vector<double> noise(size_t(in[0].numel()));
    fill_normal<double>(key, noise.data(), int64_t(noise.size()));
    for (size_t i = 0; i < noise.size(); ++i)
      z[i] = in[0].data<double>()[i] + std::exp(in[1].data<double>()[i] / 2) * noise[i];
  }
  static void samples(Samples<Reparameterise>& s) {
    s.add(Reparameterise{{}, {1, 2, 3}}, {s.in({5, 7}), s.in({5, 7})});
    s.refuse({}, {s.in({5, 7}), s.in({7})}, "differ in shape");
    s.benchmark(Reparameterise{{}, {1, 2, 3}}, {s.in({64, 64}), s.in({64, 64})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::reparameterise(const Tensor& mu, const Tensor& log_var, const RandomKey& key) {
  return ops::apply(ops::Reparameterise{{}, key}, mu, log_var);
}
ELBOW_OP(reparameterise, Reparameterise)
