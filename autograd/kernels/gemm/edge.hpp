#pragma once
// Vectors cut off by the edge of a matrix. xsimd 8 has no masked loads, and reading or writing past the edge is
// not an option, so the lanes are copied in pieces of 8, 4, 2 and 1: a few well-predicted branches, and no
// loop, because a loop around an array of registers would make the compiler keep the array in memory.
#include <cstring>
#include <xsimd/xsimd.hpp>

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
}  // namespace detail

/// to[lanes] = from[lanes], for fewer lanes than a vector V has.
template <class V>
ELBOW_INLINE void copy_part(typename V::value_type* to, const typename V::value_type* from, int lanes) {
  detail::copy_pieces<int(V::size) / 2>(to, from, lanes);
}

/// The first `lanes` < W entries of p, zero in the other lanes.
template <class V> ELBOW_INLINE V load_part(const typename V::value_type* p, int lanes) {
  alignas(64) typename V::value_type x[V::size];
  V(typename V::value_type(0)).store_aligned(x);
  copy_part<V>(x, p, lanes);
  return V::load_aligned(x);
}

/// p[0, lanes) = the first lanes < W of v.
template <class V> ELBOW_INLINE void store_part(typename V::value_type* p, V v, int lanes) {
  alignas(64) typename V::value_type x[V::size];
  v.store_aligned(x);
  copy_part<V>(p, x, lanes);
}

}  // namespace elbow::simd
