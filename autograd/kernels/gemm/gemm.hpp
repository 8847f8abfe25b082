#pragma once
#include <cstdint>

#include "autograd/op_settings.hpp"

/// The matrix product, row-major, in float and double: our own SIMD kernel and OpenBLAS behind one call.
///
/// Promises that hold for `gemm` whatever the backend:
///  - the same bits for any number of threads (work is split over C only, never along k; by our kernel at boundaries that
///    do not change a single addition, for OpenBLAS at boundaries that depend on the shape alone);
///  - NaN and infinity in A or B reach C (nothing is skipped because its factor is zero);
///  - nothing outside C's m x n entries is written, and no allocation after the first calls of a size.
namespace elbow {

/// Multiply-adds from which on a second thread pays: to share work takes two or three microseconds, and one core needs ten for so many.
inline constexpr int64_t gemm_parallel_from = int64_t(1) << 19;

/// What is applied to each finished entry of C. relu keeps NaN.
enum class Activation { none, relu };

/// C[m,n] = act((accumulate ? C : 0) + op(A)[m,k] op(B)[k,n] + (bias ? bias[n] on each row : 0)).
/// op(A) is A[m,k] with leading dimension lda, or the transpose of the stored A[k,m]; B likewise. C may not
/// overlap A, B or bias. Any of m, n, k may be zero.
template <class T> struct GemmArgs {
  Trans ta, tb;
  int64_t m, n, k;
  const T* a;  // [m, lda] or, transposed, [k, lda]
  int64_t lda;
  const T* b;  // [k, ldb] or, transposed, [n, ldb]
  int64_t ldb;
  bool accumulate = false;
  T* c;  // [m, ldc]
  int64_t ldc;
  const T* bias = nullptr;  // [n]
  Activation activation = Activation::none;
};

/// The product by the chosen backend.
template <class T> void gemm(const GemmArgs<T>&);

/// The product by our own kernel.
template <class T> void gemm_simd(const GemmArgs<T>&);

/// The product by OpenBLAS; throws Error where a size does not fit its 32-bit integers.
template <class T> void gemm_openblas(const GemmArgs<T>&);

enum class GemmBackend { simd, openblas };

/// The backend in use: what set_gemm_backend said last, else ELBOW_GEMM=simd|openblas, else simd. Throws Error on any other value of
/// the variable.
GemmBackend gemm_backend();

/// Overrides ELBOW_GEMM, for tests and benchmarks.
void set_gemm_backend(GemmBackend);

/// OpenBLAS's name for the core it picked ("SKYLAKEX"), and its build configuration.
const char* openblas_core();
const char* openblas_config();

/// The instruction set the SIMD kernel was compiled for, as xsimd names it ("avx512bw").
const char* gemm_isa();

}  // namespace elbow

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
