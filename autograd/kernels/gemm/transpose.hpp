#pragma once
// A W x W transpose inside the registers.
#include <cstdint>
#include <type_traits>
#include <utility>

#include "autograd/kernels/gemm/edge.hpp"
#include "autograd/kernels/xsimd.hpp"

namespace elbow::simd {
namespace detail {

template <class T> using Index = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

/// Lane l of the result is lane l^S of x.
template <int S, class V, int... L> ELBOW_INLINE V exchange_lanes(V x, std::integer_sequence<int, L...>) {
  using U = Index<typename V::value_type>;
  using A = typename V::arch_type;
#if XSIMD_VERSION_MAJOR >= 13
  return xsimd::swizzle(x, xsimd::batch_constant<U, A, U(L ^ S)...>{});
#else
  return xsimd::swizzle(x, xsimd::batch_constant<xsimd::batch<U, A>, U(L ^ S)...>{});
#endif
}

/// Swaps the off-diagonal S x S blocks of every 2S x 2S block. xsimd's own zip_lo/zip_hi are not used because
/// their meaning on wide registers changed between versions, nor its transpose because 8.1 has none. With
/// AVX-512 the compiler merges swizzle and select into one masked permute.
template <int S, class V, int... L>
ELBOW_INLINE void exchange_blocks(V (&r)[sizeof...(L)], std::integer_sequence<int, L...> lanes) {
  using T = typename V::value_type;
  alignas(64) static constexpr T odd[] = {T((L & S) != 0)...};
  const auto upper = V::load_aligned(odd) != V(T(0));
#pragma GCC unroll 16
  for (int i = 0; i < int(sizeof...(L)); ++i) {
    if (i & S) continue;
    const V lo = r[i], hi = r[i + S];
    r[i] = xsimd::select(upper, exchange_lanes<S>(hi, lanes), lo);
    r[i + S] = xsimd::select(upper, hi, exchange_lanes<S>(lo, lanes));
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
