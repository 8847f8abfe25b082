#pragma once
// The micro-kernel: one tile of C, MR rows by NV vectors, held in registers for the whole k loop.
#include <array>
#include <cstdint>
#include <utility>

#include "autograd/kernels/gemm/edge.hpp"
#include "autograd/kernels/rectified.hpp"
#include "autograd/kernels/xsimd.hpp"

namespace elbow::simd {

/// Vector registers of the instruction set that V belongs to.
template <class V> constexpr int register_count() {
#ifdef __aarch64__
  return 32;
#else
  return sizeof(V) == 64 ? 32 : 16;  // AVX-512 has 32; SSE, AVX and 32-bit NEON have 16
#endif
}

/// Widest tile, in vectors. Wide tiles need fewer rows of A per multiply, so short products (64 rows) split
/// evenly; with 16 registers two vectors leave the most room for rows.
template <class V> constexpr int max_nv = register_count<V>() == 32 ? 4 : 2;

/// Most rows of a tile of nv vectors: accumulators nv*mr, the nv vectors of B and one broadcast of A must all
/// fit. More than 16 rows would only add code: 16 chains already hide the latency of the multiply-add.
template <class V> constexpr int max_mr(int nv) {
  const int fit = (register_count<V>() - nv - 1) / nv;
  return fit > 16 ? 16 : fit;
}

/// What happens to a tile when its sums are complete.
template <class T> struct Epilogue {
  bool accumulate;  // add what C holds
  bool relu;
  const T* bias;  // [nv * W, the last vector only `lanes` wide] or nullptr
  int lanes;      // columns in the tile's last vector, 1..W
  T* packed;      // where a tile that packs leaves what it reads of B
};

/// What it says, for vector v of each row of a tile, of which only `lanes` numbers lie within C: sums[rows].
template <class V>
ELBOW_INLINE void finish_edge(int rows, int v, const V* sums, typename V::value_type* c, int64_t ldc,
                              const Epilogue<typename V::value_type>& end) {
  c += v * int(V::size);
  for (int i = 0; i < rows; ++i, c += ldc) {
    V x = sums[i];
    if (end.accumulate) x = x + load_part<V>(c, end.lanes);
    if (end.bias) x = x + load_part<V>(end.bias + v * int(V::size), end.lanes);
    store_part(c, end.relu ? ops::rectified(x) : x, end.lanes);
  }
}

/// C[MR, NV*W] (op)= A[MR, k] B[k, NV*W]. Each entry of C is one chain of multiply-adds over k in order,
/// whatever the tile's shape: this is why the split of C into tiles and threads cannot change a bit. a:
/// a_by_column ? [k, lda], the tile's rows side by side : [MR, lda]; b: [k, ldb]; c: [MR, ldc]. With `packs`, what is read of b is
/// left behind at end.packed [k, NV*W] for the tiles to come: so their panel costs no walk of its own.
template <class V, int MR, int NV, bool a_by_column, bool packs = false>
[[gnu::noinline]] void tile(int64_t k, const typename V::value_type* __restrict a, int64_t lda,
                            const typename V::value_type* __restrict b, int64_t ldb,
                            typename V::value_type* __restrict c, int64_t ldc,
                            const Epilogue<typename V::value_type>& end) {
  using T = typename V::value_type;
  constexpr int W = int(V::size);
  V acc[MR][NV];
#pragma GCC unroll 32
  for (int i = 0; i < MR; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < NV; ++v) acc[i][v] = V(T(0));

  [[maybe_unused]] T* __restrict packed = end.packed;
#pragma GCC unroll 4
  for (int64_t p = 0; p < k; ++p) {
    V row[NV];
#pragma GCC unroll 8
    for (int v = 0; v < NV; ++v) {
      row[v] = V::load_unaligned(b + v * W);
      if constexpr (packs) row[v].store_aligned(packed + v * W);
    }
    if constexpr (packs) packed += NV * W;
#pragma GCC unroll 32
    for (int i = 0; i < MR; ++i) {
      const V x(a_by_column ? a[i] : a[i * lda]);
#pragma GCC unroll 8
      for (int v = 0; v < NV; ++v)
        acc[i][v] = acc[i][v] + x * row[v];  // the compiler contracts this to one FMA
    }
    a += a_by_column ? lda : 1;
    b += ldb;
  }

  const bool sticks_out = end.lanes < W;  // the last vector of each row
  if (sticks_out) {
    V last[MR];
#pragma GCC unroll 32
    for (int i = 0; i < MR; ++i) last[i] = acc[i][NV - 1];
    finish_edge(MR, NV - 1, last, c, ldc, end);
  }
  // f(v, i, out) for each vector of the tile that lies within C.
  const auto for_each_whole = [&](auto f) {
#pragma GCC unroll 8
    for (int v = 0; v < NV; ++v)
      if (v < NV - 1 || !sticks_out)
#pragma GCC unroll 32
        for (int i = 0; i < MR; ++i) f(v, i, c + i * ldc + v * W);
  };
  if (end.accumulate)
    for_each_whole([&](int v, int i, const T* out) { acc[i][v] = acc[i][v] + V::load_unaligned(out); });
  if (end.bias)
    for_each_whole(
        [&](int v, int i, const T*) { acc[i][v] = acc[i][v] + V::load_unaligned(end.bias + v * W); });
  if (end.relu) for_each_whole([&](int v, int i, const T*) { acc[i][v] = ops::rectified(acc[i][v]); });
  for_each_whole([&](int v, int i, T* out) { acc[i][v].store_unaligned(out); });
}

/// `count` tiles, one below the other: c[count*MR, ldc]; the next tile's rows of A lie a_step further. The tile is a function of its own,
/// because g++ runs out of registers for both loops.
template <class V, int MR, int NV, bool a_by_column, bool packs = false>
void tile_column(int64_t count, int64_t a_step, int64_t k, const typename V::value_type* a, int64_t lda,
                 const typename V::value_type* b, int64_t ldb, typename V::value_type* c, int64_t ldc,
                 const Epilogue<typename V::value_type>& end) {
  for (; count > 0; --count, a += a_step, c += MR * ldc)
    tile<V, MR, NV, a_by_column, packs>(k, a, lda, b, ldb, c, ldc, end);
}

/// The kernels of one shape of tile: for one, and for several one below the other.
template <class T> struct Kernels {
  void (*one)(int64_t, const T*, int64_t, const T*, int64_t, T*, int64_t, const Epilogue<T>&);
  void (*column)(int64_t, int64_t, int64_t, const T*, int64_t, const T*, int64_t, T*, int64_t,
                 const Epilogue<T>&);
};
template <class V, int MR, int NV, bool a_by_column, bool packs = false>
inline constexpr Kernels<typename V::value_type> kernels_of_tile{&tile<V, MR, NV, a_by_column, packs>,
                                                                 &tile_column<V, MR, NV, a_by_column, packs>};

/// Those of tiles of NV vectors by height: entry h-1 has h rows.
template <class V, int NV, bool a_by_column, bool packs = false>
inline constexpr auto kernels_by_height = []<int... I>(std::integer_sequence<int, I...>) {
  return std::array{kernels_of_tile<V, I + 1, NV, a_by_column, packs>...};
}
(std::make_integer_sequence<int, max_mr<V>(NV)>{});

/// The same for a width known at run time.
template <class V, bool a_by_column, int NV = max_nv<V>>
const Kernels<typename V::value_type>* kernels_of_width(int nv) {
  if constexpr (NV > 1)
    if (nv < NV) return kernels_of_width<V, a_by_column, NV - 1>(nv);
  return kernels_by_height<V, NV, a_by_column>.data();
}

/// Those that pack a panel of B as wide as a tile may be.
template <class V> const Kernels<typename V::value_type>* packing_kernels(bool a_by_column) {
  return a_by_column ? kernels_by_height<V, max_nv<V>, true, true>.data()
                     : kernels_by_height<V, max_nv<V>, false, true>.data();
}

/// Widest tile of a single row: as many chains as hide the latency of the multiply-add.
constexpr int row_nv = 8;

/// The kernels of one row by width: entry v-1 does v vectors.
template <class V, bool a_by_column>
inline constexpr auto kernels_of_row = []<int... I>(std::integer_sequence<int, I...>) {
  return std::array{kernels_of_tile<V, 1, I + 1, a_by_column>...};
}
(std::make_integer_sequence<int, row_nv>{});

/// The kernels for a panel of nv vectors, entry h-1 for h rows. `row`: C is a single row, whose panels may be wider than others.
template <class V> const Kernels<typename V::value_type>* kernels_for(bool a_by_column, bool row, int nv) {
  if (row) return &(a_by_column ? kernels_of_row<V, true> : kernels_of_row<V, false>)[std::size_t(nv - 1)];
  return a_by_column ? kernels_of_width<V, true>(nv) : kernels_of_width<V, false>(nv);
}

}  // namespace elbow::simd
