#include "autograd/kernels/row_reduction.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The variance over the given axes (none: all), divided by n - correction; with `keep`, they stay with size 1. The variance of one element with correction 1 is 0 / 0, NaN.
Tensor variance(const Tensor& x, const Axes& axes = {}, bool keep = false, int correction = 1);
#endif

namespace elbow::ops {

struct Variance : RowReduction<Variance> {
  static constexpr auto name = "variance",
                        doc = "the variance over some axes, or all; divided by n - correction (1: unbiased)";
  int correction = 1;

  template <class T> static T mean_of(int64_t n, const T* x) {
    return simd::sum_of<T>(
               n, [](auto v) { return v; }, x) /
           T(n);
  }
  template <class T> T reduce(int64_t n, const T* x) const {
    const T mean = mean_of(n, x);
    return simd::sum_of<T>(
               n,
               [=](auto v) {
                 const auto d = v - decltype(v)(mean);
                 return d * d;
               },
               x) /
           T(n - correction);
  }
  template <class T> void slope(int64_t n, const T* x, T /*y*/, T dy, T* dx) const {
    const T mean = mean_of(n, x), scale = dy * 2 / T(n - correction);
    simd::map<T>(
        n, dx, false, [=](auto v) { return (v - decltype(v)(mean)) * decltype(v)(scale); }, x);
  }
  template <class T, class X> ELBOW_DEVICE T reduce_row(const cuda::Block& block, int64_t n, X x) const {
    const T mean = block.template sum_of<T>(n, x) / T(n);
    return block.template sum_of<T>(n, [&](int64_t k) { return (x(k) - mean) * (x(k) - mean); }) /
           T(n - correction);
  }
  template <class T, class X, class Y>
  ELBOW_DEVICE void slope_row(const cuda::Block& block, int64_t n, X x, T /*y*/, T dy, Y dx) const {
    const T mean = block.template sum_of<T>(n, x) / T(n), scale = dy * 2 / T(n - correction);
    for (int64_t k = block.thread; k < n; k += block.threads) dx(k, (x(k) - mean) * scale);
  }
  Tensor slope_in_ops(const Tensor& x, const Tensor&, const Tensor& dy) const {
    const double n = double(x.numel()) / double(dy.numel());
    const Tensor scale = Tensor::full({}, 2 / (n - correction), x.dtype(), x.device());
    return mul(sub(x, mean(x, axes, /*keep=*/true)), mul(dy, scale));
  }
  double plain(int64_t n, const double* x) const {
    double mean = 0, sum = 0;
    for (int64_t i = 0; i < n; ++i) mean += x[i] / double(n);
    for (int64_t i = 0; i < n; ++i) sum += (x[i] - mean) * (x[i] - mean);
    return sum / double(n - correction);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::variance(const Tensor& x, const Axes& axes, bool keep, int correction) {
  ops::Variance op;
  op.correction = correction;
  return ops::reduce_rows(op, x, axes, keep);
}
ELBOW_OP(variance, Variance)
