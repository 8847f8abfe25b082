#pragma once
#include "autograd/kernels/gemm/gemm.hpp"

namespace elbow::ops {

/// A matrix as gemm wants it.
template <class T> struct MatrixView {
  const T* data;
  int64_t stride;  // of a row
  Trans transposed;
};

/// c[m,n] (+)= op(a)[m,k] op(b)[k,n]
template <class T>
void product(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T* c, bool add) {
  gemm<T>({a.transposed, b.transposed, m, n, k, a.data, a.stride, b.data, b.stride, add, c, n});
}

inline Trans flipped(Trans t) { return t == Trans::no ? Trans::yes : Trans::no; }

}  // namespace elbow::ops
