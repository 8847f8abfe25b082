#include <cmath>

#include "autograd/kernels/row_reduction.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The smallest element over the given axes (none: all), NaN where one is NaN; with `keep`, the axes stay in the shape with
/// size 1. Equal ones share the gradient evenly, as in torch.amin and JAX. Throws where there are no elements. Of two
/// tensors: minimum(a, b).
Tensor amin(const Tensor& x, const Axes& axes = {}, bool keep = false);
/// The same.
inline Tensor min(const Tensor& x, const Axes& axes = {}, bool keep = false) { return amin(x, axes, keep); }
#endif

namespace elbow::ops {

struct Amin : RowExtreme<Amin> {
  static constexpr auto
      name = "amin",
      doc = "the smallest element over some axes, or all; NaN stays NaN; equal ones share the gradient";
  static constexpr auto onnx_reduction = "ReduceMin";

  template <class T> T reduce(int64_t n, const T* x) const { return simd::min_of(n, x); }
  template <class T, class X> ELBOW_DEVICE T reduce_row(const cuda::Block& block, int64_t n, X x) const {
    return -block.template max_of<T>(n, [&](int64_t k) { return -x(k); });
  }
  double plain(int64_t n, const double* x) const {
    double best = x[0];
    for (int64_t i = 0; i < n; ++i)
      if (x[i] < best || std::isnan(x[i])) best = x[i];
    return best;
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::amin(const Tensor& x, const Axes& axes, bool keep) {
  return ops::reduce_rows(ops::Amin{}, x, axes, keep);
}
ELBOW_OP(amin, Amin)
