#pragma once
// The loops around the micro-kernel.
#include <algorithm>

#include "autograd/kernels/gemm/gemm.hpp"
#include "autograd/kernels/gemm/pack.hpp"
#include "autograd/kernels/gemm/tile.hpp"

namespace elbow::simd {

/// C is cut into panels of whole vectors, as wide as a tile of C may be. Panels depend on the shape of C alone.
template <class V> struct Panels {
  int64_t n;
  EvenParts vectors;
  Panels(int64_t rows, int64_t columns)
      : n(columns),
        vectors((columns + int64_t(V::size) - 1) / int64_t(V::size), rows == 1 ? row_nv : max_nv<V>) {}
  int64_t count() const { return vectors.count; }
  int64_t begin(int64_t p) const { return std::min(n, vectors.begin(p) * int64_t(V::size)); }
};

/// The block of C that one thread computes: rows [i0, i1), panels [p0, p1).
struct Part {
  int64_t i0, i1, p0, p1;
};

/// Depth of a panel of B: at most 16 KB, so that it stays in the first-level cache while all rows of A pass by, and 512 bytes to 1 KB of a
/// row of A, because C is gone through once for each depth.
template <class V>
constexpr int64_t max_kc = std::clamp<int64_t>((16 << 10) / (max_nv<V> * int64_t(sizeof(V))),
                                               512 / sizeof(typename V::value_type),
                                               1024 / sizeof(typename V::value_type));
/// Bytes of a matrix from which on it is fetched ahead. In a training step, weights and their gradients come from beyond the second-level
/// cache, because Adam has gone through all of them since.
constexpr int64_t seldom_near = 64 << 10;
/// The same for A, of which only the first panel of B finds the rows far away.
constexpr int64_t seldom_near_a = 1 << 20;
/// Rows of A that pass by one panel: 256 KB, which should stay in the second-level cache.
template <class V>
constexpr int64_t max_mc = (256 << 10) / (max_kc<V> * int64_t(sizeof(typename V::value_type)));
/// A large A with few panels of B: these are packed once for each depth and stay near, and so many rows of A at a time pass by all of them.
/// So A is read from memory once and needs no copy, unless its rows share sets of the cache.
constexpr int64_t few_panels = 4, kept_mc = 48;

/// One block of the loop over B: depths [pc, pc+kc) of columns [j, j+nc).
struct Block {
  int64_t pc, kc, j, nc;
};

/// Computes one block of C, alone: no other thread's data is read, none is waited for.
template <class V> class PartGemm {
  using T = typename V::value_type;
  static constexpr int W = int(V::size);

 public:
  PartGemm(const GemmArgs<T>& args, const Panels<V>& panels_of_n, const Part& which)
      : g(args), panels(panels_of_n), part(which), depths(g.k, max_kc<V>) {
    const int64_t rows = part.i1 - part.i0;
    in_place = g.tb == Trans::no && (g.k * g.ldb * int64_t(sizeof(T)) <= (32 << 10) || rows <= 16);
    const bool large_a = g.m * g.k * int64_t(sizeof(T)) > seldom_near_a;
    keep_b =
        large_a && part.p1 - part.p0 <= few_panels && rows > kept_mc && g.lda * int64_t(sizeof(T)) % 4096 != 0;
    copy_a = !keep_b && part.p1 - part.p0 >= 4 && g.lda * int64_t(sizeof(T)) >= 2048;
    prefetch_b = g.k * g.n * int64_t(sizeof(T)) > seldom_near;
    prefetch_a = large_a && !copy_a;
    prefetch_c = g.m * g.n * int64_t(sizeof(T)) > seldom_near;
  }

  void run() const {
    const int64_t count = std::max<int64_t>(1, depths.count);
    if (keep_b) {
      for (int64_t d = 0; d < count; ++d)
        for (int64_t ic = part.i0; ic < part.i1; ic += kept_mc)
          rows_by_depth(ic, std::min(kept_mc, part.i1 - ic), d);
      return;
    }
    for (int64_t ic = part.i0; ic < part.i1; ic += max_mc<V>)
      for (int64_t d = 0; d < count; ++d) rows_by_depth(ic, std::min(max_mc<V>, part.i1 - ic), d);
  }

 private:
  const GemmArgs<T>& g;
  const Panels<V>& panels;
  const Part part;
  const EvenParts depths;
  bool in_place, keep_b, copy_a, prefetch_a, prefetch_b, prefetch_c;

  static Scratch<T>& scratch(int which) {
    static thread_local Scratch<T> buffers[1 + few_panels];
    return buffers[which];
  }

  Block block(int64_t d, int64_t p) const {
    const int64_t j = panels.begin(p);
    return {depths.begin(d), depths.size(d), j, panels.begin(p + 1) - j};
  }
  const T* a_at(int64_t i, int64_t p) const {
    return g.ta == Trans::yes ? g.a + p * g.lda + i : g.a + i * g.lda + p;
  }
  const T* b_at(const Block& x) const {
    return g.tb == Trans::no ? g.b + x.pc * g.ldb + x.j : g.b + x.j * g.ldb + x.pc;
  }

  /// Where tiles read rows of A: the next row lies `step` further. lda is that of the kernels, and 0 where the rows of each tile are a
  /// strip of their own (pack_strips), whose lda is their number.
  struct Rows {
    const T* a;
    int64_t step, lda;
  };

  /// Rows [ic, ic+mc) of C gain the products of depth block d.
  void rows_by_depth(int64_t ic, int64_t mc, int64_t d) const {
    const bool by_column = g.ta == Trans::yes;
    const Block first = block(d, part.p0);
    Rows rows{a_at(ic, first.pc), by_column ? 1 : g.lda, g.lda};
    if (copy_a && by_column) {
      T* const strips = scratch(0).get(mc * first.kc + W);
      pack_strips<V>(rows.a, g.lda, first.kc, heights_of(mc, max_nv<V>), strips);
      rows = {strips, first.kc, 0};
    } else if (copy_a) {
      const int64_t lda = (first.kc + 15) / 16 * 16 + 16;
      T* const copy = scratch(0).get(mc * lda);
      copy_block<V>(rows.a, g.lda, mc, first.kc, copy, lda);
      rows = {copy, lda, lda};
    }
    for (int64_t p = part.p0; p < part.p1; ++p) panel(rows, ic, mc, d, p);
  }
  /// The heights of tiles of nv vectors that make up so many rows.
  EvenParts heights_of(int64_t rows, int nv) const { return {rows, g.m == 1 ? 1 : max_mr<V>(nv)}; }

  /// Where tiles read a block of B; and where the first of them is to pack it for the others [kc, nv*W], or nullptr.
  struct Source {
    const T* b;  // [kc, ldb]
    int64_t ldb;
    T* pack_to;
  };
  /// `there`: whether it has been packed before.
  Source source(const Block& x, int nv, int buffer, bool there) const {
    const T* const b = b_at(x);
    if (in_place && x.nc % W == 0) return {b, g.ldb, nullptr};
    T* const packed = scratch(buffer).get(x.kc * nv * W);
    if (!there) {
      if (g.tb == Trans::yes)
        pack_transposed<V>(b, g.ldb, x.kc, x.nc, packed);
      else if (x.nc == max_nv<V> * W)
        return {b, g.ldb, packed};
      else
        pack_rows<V>(b, g.ldb, x.kc, x.nc, packed);
    }
    return {packed, nv * W, nullptr};
  }

  /// The same for the columns of one panel.
  void panel(const Rows& rows, int64_t ic, int64_t mc, int64_t d, int64_t p) const {
    const Block x = block(d, p);
    const int nv = int((x.nc + W - 1) / W);
    Source from = keep_b ? source(x, nv, int(1 + p - part.p0), ic > part.i0) : source(x, nv, 1, false);
    const bool last = d + 1 >= depths.count, by_column = g.ta == Trans::yes;
    const Epilogue<T> end{g.accumulate || d > 0, last && g.activation == Activation::relu,
                          last && g.bias ? g.bias + x.j : nullptr, int(x.nc - (nv - 1) * W), from.pack_to};
    const auto* const kernels = kernels_for<V>(by_column, g.m == 1, nv);
    const auto* const packing = packing_kernels<V>(by_column);
    const EvenParts heights = heights_of(mc, rows.lda ? nv : max_nv<V>);

    const T* next = nullptr;  // [next_rows, ldb]
    int64_t next_rows = 0, next_columns = 0, at_once = 0;
    if (prefetch_b && (!keep_b || ic == part.i0) && (p + 1 < part.p1 || !last)) {
      const Block y = p + 1 < part.p1 ? block(d, p + 1) : block(d + 1, part.p0);
      next = b_at(y);
      next_rows = g.tb == Trans::no ? y.kc : y.nc;
      next_columns = g.tb == Trans::no ? y.nc : y.kc;
      at_once = (next_rows + heights.count - 1) / heights.count;
    }
    const bool fetches_a = prefetch_a && p == part.p0, one_by_one = next || fetches_a || prefetch_c;
    int64_t i = 0;
    for (int64_t t = 0, tiles = 0; t < heights.count; t += tiles) {
      const int64_t h = heights.size(t);
      tiles = one_by_one || from.pack_to ? 1 : heights.alike(t);
      T* const c = g.c + (ic + i) * g.ldc + x.j;  // [h, ldc]
      if (next_rows > 0) {
        prefetch_rows(next, g.ldb, std::min(at_once, next_rows), next_columns);
        next += at_once * g.ldb;
        next_rows -= at_once;
      }
      // One tile ahead; or, where a few rows pass by all panels, the next few.
      const int64_t ahead = keep_b ? i + kept_mc : i + h, end_of_a = keep_b ? part.i1 - ic : mc;
      if (fetches_a && ahead < end_of_a) {
        const int64_t more = std::min(h, end_of_a - ahead);
        prefetch_rows(a_at(ic + ahead, x.pc), g.lda, by_column ? x.kc : more, by_column ? more : x.kc);
      }
      if (prefetch_c) prefetch_rows<1>(c, g.ldc, h, x.nc);
      const auto& kernel = (from.pack_to ? packing : kernels)[h - 1];
      const T* const a = rows.a + i * rows.step;
      const int64_t lda = rows.lda ? rows.lda : h;
      if (tiles == 1)
        kernel.one(x.kc, a, lda, from.b, from.ldb, c, g.ldc, end);
      else
        kernel.column(tiles, h * rows.step, x.kc, a, lda, from.b, from.ldb, c, g.ldc, end);
      if (from.pack_to) from = {from.pack_to, nv * W, nullptr};
      i += tiles * h;
    }
  }
};

template <class V>
void gemm_part(const GemmArgs<typename V::value_type>& g, const Panels<V>& panels, const Part& part) {
  PartGemm<V>(g, panels, part).run();
}

}  // namespace elbow::simd
