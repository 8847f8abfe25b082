#include <cmath>

#include "autograd/kernels/row_reduction.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The largest element over the given axes (none: all), NaN where one is NaN; with `keep`, the axes stay in the shape with
/// size 1. Equal ones share the gradient evenly, as in torch.amax and JAX. Throws where there are no elements. Of two
/// tensors: maximum(a, b).
Tensor amax(const Tensor& x, const Axes& axes = {}, bool keep = false);
/// The same.
inline Tensor max(const Tensor& x, const Axes& axes = {}, bool keep = false) { return amax(x, axes, keep); }
#endif

namespace elbow::ops {

struct Amax : RowExtreme<Amax> {
  static constexpr auto
      name = "amax",
      doc = "the largest element over some axes, or all; NaN stays NaN; equal ones share the gradient";
  static constexpr auto onnx_reduction = "ReduceMax";

  template <class T> T reduce(int64_t n, const T* x) const { return simd::max_of(n, x); }
  template <class T, class X> ELBOW_DEVICE T reduce_row(const cuda::Block& block, int64_t n, X x) const {
    return block.template max_of<T>(n, x);
  }
  double plain(int64_t n, const double* x) const {
    double best = x[0];
    for (int64_t i = 0; i < n; ++i)
      if (x[i] > best || std::isnan(x[i])) best = x[i];
    return best;
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::amax(const Tensor& x, const Axes& axes, bool keep) {
  return ops::reduce_rows(ops::Amax{}, x, axes, keep);
}
ELBOW_OP(amax, Amax)
