#pragma once
// Which products take another road than the tiles, and the roads. Every choice here depends on shape and
// transposes only, never on threads.
#include "autograd/kernels/gemm/dot.hpp"
#include "autograd/kernels/gemm/simd_gemm.hpp"

namespace elbow::simd {

/// Few columns: less than half a vector of a tile would do useful work.
template <class V> bool few(int64_t count) { return count <= int64_t(V::size) / 2; }

/// Dot products pay where a tile would be mostly padding (few columns), or where B would have to be transposed
/// for a few rows; k must be long enough for the sum over the lanes to be a minor cost.
template <class V> bool wants_dot(const GemmArgs<typename V::value_type>& g) {
  if (g.ta == Trans::yes || g.k < 2 * int64_t(V::size)) return false;
  return few<V>(g.n) || (g.tb == Trans::yes && few<V>(g.m));
}

/// C^T = op(B)^T op(A)^T has few rows and long ones, and the stored A is op(A)^T as it lies.
template <class V> bool wants_swap(const GemmArgs<typename V::value_type>& g) {
  return g.ta == Trans::yes && few<V>(g.n) && g.m > g.n;
}

template <class V, int tag> Scratch<typename V::value_type>& narrow_scratch() {
  static thread_local Scratch<typename V::value_type> buffer;
  return buffer;
}

/// g with B replaced by its transpose b_t[n, k], a small copy, so that both operands are contiguous along k.
template <class V>
GemmArgs<typename V::value_type> with_b_transposed(const GemmArgs<typename V::value_type>& g) {
  using T = typename V::value_type;
  GemmArgs<T> t = g;
  t.tb = Trans::yes;
  t.ldb = (g.k + 15) / 16 * 16;
  T* const b_t = narrow_scratch<V, 0>().get(g.n * t.ldb);
  for (int64_t p = 0; p < g.k; ++p)
    for (int64_t j = 0; j < g.n; ++j) b_t[j * t.ldb + p] = g.b[p * g.ldb + j];
  t.b = b_t;
  return t;
}

/// Rows [i0, i1) of C by way of C^T, a strip at a time: the tiles write the strip's transpose to scratch, from
/// where it is turned into place.
template <class V> void swap_part(const GemmArgs<typename V::value_type>& g, int64_t i0, int64_t i1) {
  using T = typename V::value_type;
  constexpr int64_t strip = 256;
  T* const c_t = narrow_scratch<V, 1>().get(g.n * strip);  // [n, strip]
  for (int64_t i = i0; i < i1; i += strip) {
    const int64_t rows = std::min(strip, i1 - i);
    const GemmArgs<T> t{g.tb == Trans::yes ? Trans::no : Trans::yes,
                        Trans::no,
                        g.n,
                        rows,
                        g.k,
                        g.b,
                        g.ldb,
                        g.a + i,
                        g.lda,
                        false,
                        c_t,
                        strip};
    const Panels<V> panels(rows);
    gemm_part<V>(t, panels, {0, g.n, 0, panels.count});
    for (int64_t r = 0; r < rows; ++r) {
      T* const out = g.c + (i + r) * g.ldc;  // [n]
      for (int64_t j = 0; j < g.n; ++j) {
        T value = c_t[j * strip + r];
        if (g.accumulate) value += out[j];
        if (g.bias) value += g.bias[j];
        out[j] = g.activation == Activation::relu && value < T(0) ? T(0) : value;
      }
    }
  }
}

}  // namespace elbow::simd
