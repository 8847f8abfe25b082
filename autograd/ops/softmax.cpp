#include "autograd/kernels/softmax_rows.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// e^x / sum of e^x along one axis, in x's shape; never overflows. Throws when the axis has no elements.
Tensor softmax(const Tensor& x, int axis = -1);
#endif

namespace elbow::ops {

struct Softmax : SoftmaxRows<Softmax> {
  static constexpr auto name = "softmax", doc = "e^x / sum of e^x along one axis; never overflows";
  static constexpr auto onnx_rows = "Softmax";

  template <class T> static void normalise(int64_t n, const T* x, T* y) { softmax_of(n, x, y); }
  template <class T> static void slope(int64_t n, const T* y, const T* dy, T* dx) {
    const T dot = simd::sum_of<T>(
        n, [](auto p, auto g) { return p * g; }, y, dy);
    simd::map<T>(
        n, dx, false, [=](auto p, auto g) { return p * (g - decltype(p)(dot)); }, y, dy);
  }
  template <class T, class X, class Y>
  ELBOW_DEVICE static void normalise_row(const cuda::Block& block, int64_t n, X x, Y y) {
    const T top = block.template max_of<T>(n, x);
    const T scale = T(1) / block.template sum_of<T>(n, [&](int64_t k) { return exp(x(k) - top); });
    for (int64_t k = block.thread; k < n; k += block.threads) y(k, exp(x(k) - top) * scale);
  }
  template <class T, class X, class G, class Y>
  ELBOW_DEVICE static void slope_row(const cuda::Block& block, int64_t n, X y, G dy, Y dx) {
    const T dot = block.template sum_of<T>(n, [&](int64_t k) { return y(k) * dy(k); });
    for (int64_t k = block.thread; k < n; k += block.threads) dx(k, y(k) * (dy(k) - dot));
  }
  static Tensor slope_in_ops(const Tensor& y, const Tensor& dy, int axis) {
    return mul(y, sub(dy, sum(mul(y, dy), axis, /*keep=*/true)));
  }
  static double plain(double x, double log_sum) { return std::exp(x - log_sum); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::softmax(const Tensor& x, int axis) {
  ops::Softmax op;
  op.axis = axis;
  return ops::apply(op, x);
}
ELBOW_OP(softmax, Softmax)
