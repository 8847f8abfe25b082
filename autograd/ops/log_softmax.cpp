#include "autograd/kernels/softmax_rows.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x - log(sum of e^x) along one axis, in x's shape; never overflows. Throws when the axis has no elements.
Tensor log_softmax(const Tensor& x, int axis = -1);
#endif

namespace elbow::ops {

struct LogSoftmax : SoftmaxRows<LogSoftmax> {
  static constexpr auto name = "log_softmax", doc = "x - log(sum of e^x) along one axis; never overflows";
  static constexpr auto onnx_rows = "LogSoftmax";

  template <class T> static void normalise(int64_t n, const T* x, T* y) {
    const T log_sum = logsumexp_of(n, x);
    simd::map<T>(
        n, y, false, [=](auto v) { return v - decltype(v)(log_sum); }, x);
  }
  template <class T> static void slope(int64_t n, const T* y, const T* dy, T* dx) {
    const T total = simd::sum_of<T>(
        n, [](auto g) { return g; }, dy);
    simd::map<T>(
        n, dx, false, [=](auto v, auto g) { return g - exp(v) * decltype(v)(total); }, y, dy);
  }
  template <class T, class X, class Y>
  ELBOW_DEVICE static void normalise_row(const cuda::Block& block, int64_t n, X x, Y y) {
    const T log_sum = logsumexp_row<T>(block, n, x);
    for (int64_t k = block.thread; k < n; k += block.threads) y(k, x(k) - log_sum);
  }
  template <class T, class X, class G, class Y>
  ELBOW_DEVICE static void slope_row(const cuda::Block& block, int64_t n, X y, G dy, Y dx) {
    const T total = block.template sum_of<T>(n, dy);
    for (int64_t k = block.thread; k < n; k += block.threads) dx(k, dy(k) - exp(y(k)) * total);
  }
  static Tensor slope_in_ops(const Tensor& y, const Tensor& dy, int axis) {
    return sub(dy, mul(exp(y), sum(dy, axis, /*keep=*/true)));
  }
  static double plain(double x, double log_sum) { return x - log_sum; }
};

}  // namespace elbow::ops

elbow::Tensor elbow::log_softmax(const Tensor& x, int axis) {
  ops::LogSoftmax op;
  op.axis = axis;
  return ops::apply(op, x);
}
ELBOW_OP(log_softmax, LogSoftmax)
