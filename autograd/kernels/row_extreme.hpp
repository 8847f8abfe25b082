#pragma once
#include "autograd/kernels/row_reduction.hpp"

namespace elbow::ops {

/// Base of amax and amin: the gradient goes to the elements that equal y, the extreme of their row, in even shares. Members to
/// write: reduce(), reduce_row() and plain(), see RowReduction.
template <class Self> struct RowExtreme : RowReduction<Self> {
  template <class T> void slope(int64_t n, const T* x, T y, T dy, T* dx) const {
    const auto is_it = [=](auto v) {
      using V = decltype(v);
      return select(v == V(y), V(1), V(0));
    };
    const T share =
        dy / simd::sum_of<T>(n, is_it, x);  // none equals a NaN: then all gradients are 0 / 0, NaN as well
    simd::map<T>(
        n, dx, false, [=](auto v) { return is_it(v) * decltype(v)(share); }, x);
  }
  template <class T, class X, class Y>
  ELBOW_DEVICE void slope_row(const cuda::Block& block, int64_t n, X x, T y, T dy, Y dx) const {
    const auto is_it = [&](int64_t k) { return x(k) == y ? T(1) : T(0); };
    const T share = dy / block.template sum_of<T>(n, is_it);
    for (int64_t k = block.thread; k < n; k += block.threads) dx(k, is_it(k) * share);
  }
  Tensor slope_in_ops(const Tensor& x, const Tensor& y, const Tensor& dy) const {
    const Tensor is_it = equal(x, y);
    return mul(is_it, div(dy, sum(is_it, this->axes, /*keep=*/true)));
  }
};

}  // namespace elbow::ops
