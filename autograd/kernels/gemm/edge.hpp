#pragma once
// Vectors cut off by the edge of a matrix. AVX-512 has masks for them. Elsewhere, since xsimd 8 has no masked loads, and reading or
// writing past the edge is not an option, the lanes are copied in pieces of 8, 4, 2 and 1: a few well-predicted branches, and no
// loop, because a loop around an array of registers would make the compiler keep the array in memory.
#include <cstring>

#include "autograd/kernels/xsimd.hpp"

/// For helpers that work on arrays of registers: a call would send them through memory.
#if defined(__GNUC__)
#define ELBOW_INLINE [[gnu::always_inline]] inline
#else
#define ELBOW_INLINE inline
#endif

namespace elbow::simd {

namespace detail {
template <int piece, class T> ELBOW_INLINE void copy_pieces(T* to, const T* from, int lanes) {
  if constexpr (piece > 0) {
    if (lanes & piece) {
      std::memcpy(to, from, piece * sizeof(T));
      to += piece;
      from += piece;
    }
    copy_pieces<piece / 2>(to, from, lanes);
  }
}
#ifdef __AVX512VL__
/// Its lowest `lanes` < 16 bits are set.
struct LaneMask {
  unsigned bits;
  operator __mmask16() const { return __mmask16(bits); }
  operator __mmask8() const { return __mmask8(bits); }
};
inline LaneMask lane_mask(int lanes) { return {(1u << lanes) - 1}; }
#endif
}  // namespace detail

/// to[lanes] = from[lanes], for fewer lanes than a vector V has.
template <class V>
ELBOW_INLINE void copy_part(typename V::value_type* to, const typename V::value_type* from, int lanes) {
  detail::copy_pieces<int(V::size) / 2>(to, from, lanes);
}

/// The first `lanes` < W entries of p, zero in the other lanes.
template <class V> ELBOW_INLINE V load_part(const typename V::value_type* p, int lanes) {
  using T = typename V::value_type;
#ifdef __AVX512VL__
  if constexpr (sizeof(V) == 64 && sizeof(T) == 4) return _mm512_maskz_loadu_ps(detail::lane_mask(lanes), p);
  if constexpr (sizeof(V) == 64 && sizeof(T) == 8) return _mm512_maskz_loadu_pd(detail::lane_mask(lanes), p);
  if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return _mm256_maskz_loadu_ps(detail::lane_mask(lanes), p);
  if constexpr (sizeof(V) == 32 && sizeof(T) == 8) return _mm256_maskz_loadu_pd(detail::lane_mask(lanes), p);
#endif
  alignas(64) T x[V::size];
  V(T(0)).store_aligned(x);
  copy_part<V>(x, p, lanes);
  return V::load_aligned(x);
}

/// p[0, lanes) = the first lanes < W of v.
template <class V> ELBOW_INLINE void store_part(typename V::value_type* p, V v, int lanes) {
  using T = typename V::value_type;
#ifdef __AVX512VL__
  if constexpr (sizeof(V) == 64 && sizeof(T) == 4) return _mm512_mask_storeu_ps(p, detail::lane_mask(lanes), v);
  if constexpr (sizeof(V) == 64 && sizeof(T) == 8) return _mm512_mask_storeu_pd(p, detail::lane_mask(lanes), v);
  if constexpr (sizeof(V) == 32 && sizeof(T) == 4) return _mm256_mask_storeu_ps(p, detail::lane_mask(lanes), v);
  if constexpr (sizeof(V) == 32 && sizeof(T) == 8) return _mm256_mask_storeu_pd(p, detail::lane_mask(lanes), v);
#endif
  alignas(64) T x[V::size];
  v.store_aligned(x);
  copy_part<V>(p, x, lanes);
}

}  // namespace elbow::simd
