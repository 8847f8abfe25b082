#pragma once
// Products A^T B with few columns, such as the weight gradients of a last layer. A tile would waste most lanes of a narrow C. Here the
// lanes of a vector are W rows of C, next to each other in the stored A, and each column of C has accumulators of its own.
#include <algorithm>
#include <array>

#include "autograd/kernels/gemm/edge.hpp"
#include "autograd/kernels/gemm/gemm.hpp"
#include "autograd/kernels/rectified.hpp"

namespace elbow::simd {

/// Most columns of a strip: the accumulators and one vector of A fit the registers of every instruction set.
inline constexpr int most_strip_columns = 12;

/// Sets of accumulators that take turns, so that eight multiply-adds are under way at once: that hides their latency.
template <int N> constexpr int chains_of = N >= 8 ? 1 : (8 + N - 1) / N;

/// sum[j] = column j of W rows of C, of which `lanes` exist: the sum over p of a[p, lane] b(p, j), with b(p, j) at
/// b[p * step_p + j * step_j]. a: [k, lda]. Each entry is summed in the same order, whatever the strip that it is in.
template <class V, int N>
ELBOW_INLINE void strip_sums(int64_t k, const typename V::value_type* a, int64_t lda, int lanes,
                             const typename V::value_type* b, int64_t step_p, int64_t step_j, V (&sum)[N]) {
  using T = typename V::value_type;
  constexpr int E = chains_of<N>;
  V acc[E][N];
#pragma GCC unroll 16
  for (int e = 0; e < E; ++e)
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) acc[e][j] = V(T(0));
  const auto add = [&](V(&chain)[N]) {
    const V x = lanes == int(V::size) ? V::load_unaligned(a) : load_part<V>(a, lanes);
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) chain[j] = chain[j] + x * V(b[j * step_j]);
    a += lda;
    b += step_p;
  };
  int64_t p = 0;
  for (; p + E <= k; p += E)
#pragma GCC unroll 8
    for (int e = 0; e < E; ++e) add(acc[e]);
#pragma GCC unroll 8
  for (int e = 0; e < E - 1; ++e)
    if (p + e < k) add(acc[e]);
#pragma GCC unroll 16
  for (int j = 0; j < N; ++j) {
    sum[j] = acc[0][j];
#pragma GCC unroll 8
    for (int e = 1; e < E; ++e) sum[j] = sum[j] + acc[e][j];
  }
}

/// Rows [i0, i1) of C, which has N columns.
template <class V, int N> void strips(const GemmArgs<typename V::value_type>& g, int64_t i0, int64_t i1) {
  using T = typename V::value_type;
  constexpr int64_t W = int64_t(V::size);
  const bool b_by_column = g.tb == Trans::yes;
  for (int64_t i = i0; i < i1; i += W) {
    const int rows = int(std::min(W, i1 - i));
    V sum[N];
    strip_sums<V, N>(g.k, g.a + i, g.lda, rows, g.b, b_by_column ? 1 : g.ldb, b_by_column ? g.ldb : 1, sum);
    alignas(64) T out[N][W];
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) sum[j].store_aligned(out[j]);
    T* c = g.c + i * g.ldc;  // [rows, ldc]
    if (!g.accumulate && !g.bias && g.activation == Activation::none) {
      for (int r = 0; r < rows; ++r, c += g.ldc)
#pragma GCC unroll 16
        for (int j = 0; j < N; ++j) c[j] = out[j][r];
      continue;
    }
    for (int r = 0; r < rows; ++r, c += g.ldc)
      for (int j = 0; j < N; ++j) {
        T value = out[j][r];
        if (g.accumulate) value += c[j];
        if (g.bias) value += g.bias[j];
        c[j] = g.activation == Activation::relu ? ops::rectified(value) : value;
      }
  }
}

template <class T> using StripsFn = void (*)(const GemmArgs<T>&, int64_t, int64_t);

/// The strips of n columns, 1 to most_strip_columns.
template <class V> StripsFn<typename V::value_type> strips_of(int64_t n) {
  static constexpr auto table = []<int... J>(std::integer_sequence<int, J...>) {
    return std::array<StripsFn<typename V::value_type>, sizeof...(J)>{&strips<V, J + 1>...};
  }
  (std::make_integer_sequence<int, most_strip_columns>{});
  return table[std::size_t(n - 1)];
}

}  // namespace elbow::simd
