#pragma once
#include <cmath>

#include "autograd/row_reduction.hpp"

namespace elbow::ops {

struct Logsumexp : RowReduction<Logsumexp> {
  static constexpr auto name = "logsumexp", doc = "log(sum of e^x) over some axes, or all; never overflows";

  template <class T> T reduce(int64_t n, const T* x) const {
    const T top = simd::max_of<T>(n, x);
    if (!std::isfinite(top)) return top;  // all -inf, or a +inf, or a NaN
    return top + std::log(simd::sum_of<T>(
                     n, [=](auto v) { return exp(v - decltype(v)(top)); }, x));
  }
  template <class T> void slope(int64_t n, const T* x, T y, T dy, T* dx) const {
    simd::map<T>(
        n, dx, false, [=](auto v) { return exp(v - decltype(v)(y)) * decltype(v)(dy); }, x);
  }
  double plain(int64_t n, const double* x) const {
    double top = x[0], sum = 0;
    for (int64_t i = 0; i < n; ++i) top = std::max(top, x[i]);
    for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i] - top);
    return top + std::log(sum);
  }
};

}  // namespace elbow::ops

namespace elbow {
/// The gradient of a row is its softmax, and so NaN, as PyTorch's, where the row has none: all -inf, or a +inf in it.
/// Over the given axes (none: all); with `keep`, they stay in the shape with size 1.
inline Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keep = false) {
  return ops::reduce_rows(ops::Logsumexp{}, x, axes, keep);
}
}  // namespace elbow
