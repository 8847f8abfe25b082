#pragma once
#include "autograd/ops/logsumexp.hpp"
#include "autograd/softmax_rows.hpp"

namespace elbow::ops {

struct Softmax : SoftmaxRows<Softmax> {
  static constexpr auto name = "softmax", doc = "e^x / sum of e^x along one axis; never overflows";

  template <class T> static void normalise(int64_t n, const T* x, T* y) {
    const T top = simd::max_of<T>(n, x);
    simd::map<T>(
        n, y, false, [=](auto v) { return exp(v - decltype(v)(top)); }, x);
    const T scale = T(1) / simd::sum_of<T>(
                               n, [](auto v) { return v; }, y);
    simd::map<T>(
        n, y, false, [=](auto v) { return v * decltype(v)(scale); }, y);
  }
  template <class T> static void slope(int64_t n, const T* y, const T* dy, T* dx) {
    const T dot = simd::sum_of<T>(
        n, [](auto p, auto g) { return p * g; }, y, dy);
    simd::map<T>(
        n, dx, false, [=](auto p, auto g) { return p * (g - decltype(p)(dot)); }, y, dy);
  }
  static double plain(double x, double log_sum) { return std::exp(x - log_sum); }
};

}  // namespace elbow::ops

namespace elbow {
inline Tensor softmax(const Tensor& x, int axis = -1) {
  ops::Softmax op;
  op.axis = axis;
  return ops::apply(op, x);
}
}  // namespace elbow
