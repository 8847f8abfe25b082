#include <cmath>

#include "autograd/kernels/row_reduction.hpp"
#include "autograd/kernels/softmax_rows.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The gradient of a row is its softmax, and so NaN, as PyTorch's, where the row has none: all -inf, or a +inf in it.
/// Over the given axes (none: all); with `keep`, they stay in the shape with size 1.
Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keep = false);
#endif

namespace elbow::ops {

struct Logsumexp : RowReduction<Logsumexp> {
  static constexpr auto name = "logsumexp", doc = "log(sum of e^x) over some axes, or all; never overflows";
  static constexpr auto onnx_reduction = "ReduceLogSumExp";

  template <class T> T reduce(int64_t n, const T* x) const { return logsumexp_of(n, x); }
  template <class T> void slope(int64_t n, const T* x, T y, T dy, T* dx) const {
    simd::map<T>(
        n, dx, false, [=](auto v) { return exp(v - decltype(v)(y)) * decltype(v)(dy); }, x);
  }
  template <class T, class X> ELBOW_DEVICE T reduce_row(const cuda::Block& block, int64_t n, X x) const {
    return logsumexp_row<T>(block, n, x);
  }
  template <class T, class X, class Y>
  ELBOW_DEVICE void slope_row(const cuda::Block& block, int64_t n, X x, T y, T dy, Y dx) const {
    for (int64_t k = block.thread; k < n; k += block.threads) dx(k, exp(x(k) - y) * dy);
  }
  Tensor slope_in_ops(const Tensor& x, const Tensor& y, const Tensor& dy) const {
    return mul(exp(sub(x, y)), dy);
  }
  double plain(int64_t n, const double* x) const {
    double top = x[0], sum = 0;
    for (int64_t i = 0; i < n; ++i) top = std::max(top, x[i]);
    for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i] - top);
    return top + std::log(sum);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::logsumexp(const Tensor& x, const Axes& axes, bool keep) {
  return ops::reduce_rows(ops::Logsumexp{}, x, axes, keep);
}
ELBOW_OP(logsumexp, Logsumexp)
