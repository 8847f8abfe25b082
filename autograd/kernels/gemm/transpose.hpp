#pragma once
// A W x W transpose inside the registers.
#include <cstdint>
#include <utility>

#include "autograd/kernels/gemm/edge.hpp"
#include "autograd/kernels/xsimd.hpp"

namespace elbow::simd {
namespace detail {

/// Lane l of the result is lane from[l] of x, or lane from[l] - W of y. The compiler's own shuffle, because it picks the instruction:
/// one for most patterns on every instruction set. xsimd's zip_lo and zip_hi have different meanings in different versions.
template <int... from, class V> ELBOW_INLINE V shuffle(V x, V y) {
  using Register = typename V::register_type;
  return V(__builtin_shufflevector(Register(x), Register(y), from...));
}

/// Swaps the off-diagonal S x S blocks of every 2S x 2S block.
template <int S, class V, int... L>
ELBOW_INLINE void exchange_blocks(V (&r)[sizeof...(L)], std::integer_sequence<int, L...>) {
  constexpr int W = sizeof...(L);
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) {
    if (i & S) continue;
    const V lo = r[i], hi = r[i + S];
    r[i] = shuffle<(L & S ? W + (L ^ S) : L)...>(lo, hi);
    r[i + S] = shuffle<(L & S ? W + L : L ^ S)...>(lo, hi);
  }
}

}  // namespace detail

/// r[i][j] becomes r[j][i]; log2(W) rounds, as in a recursive transpose by blocks.
template <class V, std::size_t W> ELBOW_INLINE void transpose(V (&r)[W]) {
  static_assert(W == V::size && W <= 16);
  constexpr std::make_integer_sequence<int, int(W)> lanes{};
  if constexpr (W > 8) detail::exchange_blocks<8>(r, lanes);
  if constexpr (W > 4) detail::exchange_blocks<4>(r, lanes);
  if constexpr (W > 2) detail::exchange_blocks<2>(r, lanes);
  if constexpr (W > 1) detail::exchange_blocks<1>(r, lanes);
}

/// to[W, ld_to] = the transpose of from[W, ld_from]'s first W columns. Align = xsimd::aligned_mode where all rows of `to`
/// begin on a whole vector, else xsimd::unaligned_mode.
template <class V, class Align>
void transpose_block(const typename V::value_type* from, int64_t ld_from, typename V::value_type* to,
                     int64_t ld_to, Align align) {
  constexpr int W = int(V::size);
  V r[W];
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) r[i] = V::load_unaligned(from + i * ld_from);
  transpose(r);
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) r[i].store(to + i * ld_to, align);
}

}  // namespace elbow::simd
