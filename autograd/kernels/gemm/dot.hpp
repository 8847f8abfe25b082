#pragma once
// Products whose C has one or two columns or rows, where both operands lie contiguous along k: the vectors run along k, and
// each entry of C is the sum over the lanes of its accumulator. A tile would waste most lanes.
#include <algorithm>
#include <array>
#include <cstring>

#include "autograd/kernels/gemm/edge.hpp"
#include "autograd/kernels/gemm/gemm.hpp"
#include "autograd/kernels/gemm/transpose.hpp"
#include "autograd/kernels/rectified.hpp"

namespace elbow::simd {

/// One step of sum_lanes: r[i] and r[i+S] are folded to half their lanes and share r[i] afterwards.
template <int S, class V, int... L> ELBOW_INLINE void fold(V* r, std::integer_sequence<int, L...>) {
  constexpr int W = sizeof...(L);
#pragma GCC unroll 16
  for (int i = 0; i < S; ++i)
    r[i] = detail::shuffle<(L & S ? W + L : L)...>(r[i], r[i + S]) +
           detail::shuffle<(L & S ? W + (L ^ S) : L ^ S)...>(r[i], r[i + S]);
}

/// Lane l of the result is the sum of the lanes of r[l]; r is used up.
template <class V, std::size_t W> ELBOW_INLINE V sum_lanes(V (&r)[W]) {
  static_assert(W == V::size && W <= 16);
  constexpr std::make_integer_sequence<int, int(W)> lanes{};
  if constexpr (W > 8) fold<8>(r, lanes);
  if constexpr (W > 4) fold<4>(r, lanes);
  if constexpr (W > 2) fold<2>(r, lanes);
  if constexpr (W > 1) fold<1>(r, lanes);
  return r[0];
}

/// True in the last `count` lanes.
template <class V> ELBOW_INLINE auto last_lanes(int count) {
  using T = typename V::value_type;
  constexpr auto ramp = [] {
    std::array<T, V::size> r{};
    for (std::size_t l = 0; l < V::size; ++l) r[l] = T(l);
    return r;
  };
  alignas(64) static constexpr std::array<T, V::size> index = ramp();
  return V::load_aligned(index.data()) >= V(T(int(V::size) - count));
}

/// c[rows, ldc] of a block (op)= the sums in v, lane i * S + j for c[i, j].
template <class V, int S>
ELBOW_INLINE void finish_block(const GemmArgs<typename V::value_type>& g, V v, typename V::value_type* c,
                               const typename V::value_type* bias, int rows, int cols) {
  using T = typename V::value_type;
  constexpr int W = int(V::size), R = W / S;
  if (rows == R && cols == S && !g.accumulate && !bias && g.activation == Activation::none) {
    if (R == 1 || g.ldc == S) return v.store_unaligned(c);  // C's rows follow one another without a gap
    alignas(64) T out[W];
    v.store_aligned(out);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) std::memcpy(c + i * g.ldc, out + i * S, S * sizeof(T));
    return;
  }
  alignas(64) T out[W];
  v.store_aligned(out);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < cols; ++j) {
      T value = out[i * S + j];
      T& cell = c[i * g.ldc + j];
      if (g.accumulate) value += cell;
      if (bias) value += bias[j];
      cell = g.activation == Activation::relu ? ops::rectified(value) : value;
    }
}

/// A block of C, R = W/S rows by S columns, whose entries fill one vector. At the edges the missing rows and
/// columns repeat the last one and are not stored. a: [rows, lda], b: [cols, ldb], c: [rows, ldc] of the block;
/// bias: [cols] or nullptr.
template <class V, int S>
void dot_block(const GemmArgs<typename V::value_type>& g, const typename V::value_type* a,
               const typename V::value_type* b, typename V::value_type* c, const typename V::value_type* bias,
               int rows, int cols) {
  using T = typename V::value_type;
  constexpr int W = int(V::size), R = W / S;
  const T *x[R], *y[S];  // x[i]: [k], y[j]: [k]
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i) x[i] = a + std::min(i, rows - 1) * g.lda;
#pragma GCC unroll 16
  for (int j = 0; j < S; ++j) y[j] = b + std::min(j, cols - 1) * g.ldb;
  V sum[R][S];  // lane sums of sum[i][j] make c[i, j]
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 16
    for (int j = 0; j < S; ++j) sum[i][j] = V(T(0));
  int64_t p = 0;
  for (; p + W <= g.k; p += W) {
    V row[S];
#pragma GCC unroll 16
    for (int j = 0; j < S; ++j) row[j] = V::load_unaligned(y[j] + p);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const V v = V::load_unaligned(x[i] + p);
#pragma GCC unroll 16
      for (int j = 0; j < S; ++j) sum[i][j] = sum[i][j] + v * row[j];
    }
  }
  if (p < g.k) {  // once more over the last W entries, with zero in the lanes that are done already; k >= W
    const auto fresh = last_lanes<V>(int(g.k - p));
    const V zero(T(0));
    p = g.k - W;
    V row[S];
#pragma GCC unroll 16
    for (int j = 0; j < S; ++j) row[j] = xsimd::select(fresh, V::load_unaligned(y[j] + p), zero);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const V v = xsimd::select(fresh, V::load_unaligned(x[i] + p), zero);
#pragma GCC unroll 16
      for (int j = 0; j < S; ++j) sum[i][j] = sum[i][j] + v * row[j];
    }
  }
  V flat[W];
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 16
    for (int j = 0; j < S; ++j) flat[i * S + j] = sum[i][j];
  finish_block<V, S>(g, sum_lanes(flat), c, bias, rows, cols);
}

/// Rows [i0, i1), columns [j0, j1) of C = A[m, k] B[n, k]^T in blocks of W/S by S.
template <class V, int S>
void dot_part(const GemmArgs<typename V::value_type>& g, int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
  constexpr int64_t R = int64_t(V::size) / S;
  for (int64_t i = i0; i < i1; i += R)
    for (int64_t j = j0; j < j1; j += S)
      dot_block<V, S>(g, g.a + i * g.lda, g.b + j * g.ldb, g.c + i * g.ldc + j, g.bias ? g.bias + j : nullptr,
                      int(std::min(R, i1 - i)), int(std::min<int64_t>(S, j1 - j)));
}

/// The shape of the blocks suits C, of one or two columns or rows.
template <class V> auto dot_for_shape(int64_t m, int64_t n) -> decltype(&dot_part<V, 1>) {
  constexpr int W = int(V::size);
  if (n == 1) return &dot_part<V, 1>;
  if (m == 1) return &dot_part<V, W>;
  return n == 2 ? &dot_part<V, 2> : &dot_part<V, W / 2>;
}

}  // namespace elbow::simd
