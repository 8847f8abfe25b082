#pragma once
// Which products take another road than tiles of whole vectors. Every choice here depends on shape and transposes only, never on
// threads, and holds for every instruction set: it is about lanes that would be wasted.
#include "autograd/kernels/gemm/dot.hpp"
#include "autograd/kernels/gemm/simd_gemm.hpp"
#include "autograd/kernels/gemm/strip.hpp"

namespace elbow::simd {

/// One or two columns, or one or two rows that would have B transposed for them: their entries are dot products. k must be long
/// enough for the sum over the lanes to be a minor cost.
template <class V> bool wants_dot(const GemmArgs<typename V::value_type>& g) {
  if (g.ta == Trans::yes || g.k < 2 * int64_t(V::size)) return false;
  return g.n <= 2 || (g.tb == Trans::yes && g.m <= 2);
}

/// A stored by columns, and too few columns of C for a tile.
template <class V> bool wants_strips(const GemmArgs<typename V::value_type>& g) {
  constexpr int64_t most = std::min<int64_t>(most_strip_columns, 3 * int64_t(V::size) / 4);
  return g.ta == Trans::yes && g.n <= most && g.m > g.n;
}

/// Vectors of half as many lanes, void where the instruction set has none: tiles of these suit a C of at most so many columns.
template <class V>
using HalfVector = xsimd::make_sized_batch_t<typename V::value_type, std::size_t(V::size) / 2>;
template <class V> bool wants_half(const GemmArgs<typename V::value_type>& g) {
  return g.n <= int64_t(V::size) / 2;
}

/// g with B replaced by its transpose b_t[n, k], a small copy, so that both operands are contiguous along k.
template <class V>
GemmArgs<typename V::value_type> with_b_transposed(const GemmArgs<typename V::value_type>& g) {
  using T = typename V::value_type;
  GemmArgs<T> t = g;
  t.tb = Trans::yes;
  t.ldb = (g.k + 15) / 16 * 16;
  static thread_local Scratch<T> scratch;
  T* const b_t = scratch.get(g.n * t.ldb);
  for (int64_t p = 0; p < g.k; ++p)
    for (int64_t j = 0; j < g.n; ++j) b_t[j * t.ldb + p] = g.b[p * g.ldb + j];
  t.b = b_t;
  return t;
}

}  // namespace elbow::simd
