#pragma once
#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/op_settings.hpp"

// The matrix product on the GPU, row-major, in true float32 and float64. Its order of additions depends on the shape alone.
namespace elbow::cuda {

/// c[m,n] (+)= op(a)[m,k] op(b)[k,n] + (bias ? bias[n] on each row : 0), and with `relu` max(., 0) of that, for each of `count` products whose matrices lie a
/// stride apart; a stride of 0 repeats a matrix. c must not overlap what is read. Any size may be 0.
template <class T> struct Product {
  Trans ta, tb;
  int64_t m, n, k;
  Ptr<const T> a;  // [m, lda] or, transposed, [k, lda]
  int64_t lda;
  Ptr<const T> b;  // [k, ldb] or, transposed, [n, ldb]
  int64_t ldb;
  bool add;
  Ptr<T> c;  // [m, ldc]
  int64_t ldc;
  Ptr<const T> bias = {};  // [n]
  bool relu = false;
  int64_t count = 1, stride_a = 0, stride_b = 0, stride_c = 0;
};

/// One launch for most shapes; two where few tiles of c have a long sum each.
template <class T> void gemm(const Product<T>& product);

/// The same for a single product a^T b with the column sums of b as well: sums[n] (+)= the sum of b[k,n] over k. So the
/// gradients of a weight and a bias are one launch.
template <class T> void gemm_with_sums(const Product<T>& product, Ptr<T> sums, bool add_sums);

}  // namespace elbow::cuda
