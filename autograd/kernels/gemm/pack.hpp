#pragma once
// Copies of panels of B (and A) in the order in which the micro-kernel reads them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "autograd/kernels/gemm/edge.hpp"
#include "autograd/kernels/gemm/transpose.hpp"

namespace elbow::simd {

/// Scratch memory of one thread: 64-byte aligned, never shrinks, so that a steady state allocates nothing.
template <class T> class Scratch {
 public:
  T* get(int64_t count) {
    if (count > size_) {
      data_.reset();  // first free, then allocate: the old contents are not needed
      size_ = 0;
      data_.reset(static_cast<T*>(::operator new (std::size_t(count) * sizeof(T), std::align_val_t{64})));
      size_ = count;
    }
    return data_.get();
  }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<T, Free> data_;
  int64_t size_ = 0;
};

/// [0, n) cut into the fewest parts of at most `most`, as even as possible, the larger ones first: 64 rows are 9 tiles of 6 and 2 of 5
/// rather than 10 of 6 and a rest of 4. Empty for n = 0.
struct EvenParts {
  int64_t count, low, tall;
  EvenParts(int64_t n, int64_t most)
      : count((n + most - 1) / most), low(count ? n / count : 0), tall(n - low * count) {}
  int64_t size(int64_t i) const { return low + (i < tall); }
  int64_t begin(int64_t i) const { return i * low + std::min(i, tall); }
  /// How many parts, from part i on, are as large as that.
  int64_t alike(int64_t i) const { return (i < tall ? tall : count) - i; }
};

/// panel[k, nv*W] = the first n columns of b[k, ldb], zero beyond.
template <class V>
void pack_rows(const typename V::value_type* b, int64_t ldb, int64_t k, int64_t n,
               typename V::value_type* panel) {
  constexpr int W = int(V::size);
  const int whole = int(n / W), lanes = int(n % W);
  for (int64_t p = 0; p < k; ++p, b += ldb) {
    for (int v = 0; v < whole; ++v, panel += W) V::load_unaligned(b + v * W).store_aligned(panel);
    if (lanes) {
      load_part<V>(b + whole * W, lanes).store_aligned(panel);
      panel += W;
    }
  }
}

/// block[rows, columns + block_pad] = a[rows, lda]'s first columns, a plain copy. Its value is in the layout:
/// rows that lie a large power of two apart share one set of the cache and push each other out, and need a TLB
/// entry each.
template <class V>
void copy_block(const typename V::value_type* a, int64_t lda, int64_t rows, int64_t columns,
                typename V::value_type* block, int64_t ld) {
  for (int64_t r = 0; r < rows; ++r) std::copy_n(a + r * lda, columns, block + r * ld);
}

/// Of a[k, lda], strips of columns of the heights of tiles, one behind the other: strips[t] is [k, heights.size(t)]. So a tile reads a few
/// kilobytes in a row, where it would touch a line of the cache for each depth. The last strip may be followed by W numbers more.
template <class V>
void pack_strips(const typename V::value_type* a, int64_t lda, int64_t k, const EvenParts& heights,
                 typename V::value_type* strips) {
  const int64_t columns = heights.begin(heights.count);
  for (int64_t t = 0; t < heights.count; ++t) {
    const int64_t i = heights.begin(t), h = heights.size(t);
    const typename V::value_type* from = a + i;
    typename V::value_type* to = strips + i * k;
    for (int64_t p = 0; p < k; ++p, from += lda, to += h)
      if (h <= int64_t(V::size) && i + int64_t(V::size) <= columns)
        V::load_unaligned(from).store_unaligned(to);  // what is beyond h is overwritten by the next
      else
        std::copy_n(from, h, to);
  }
}

/// Asks for the first columns of x[rows, ld] to be brought near, for reading or, with 1, for writing.
template <int write = 0, class T> void prefetch_rows(const T* x, int64_t ld, int64_t rows, int64_t columns) {
  constexpr int64_t line = 64 / sizeof(T);
  for (int64_t r = 0; r < rows; ++r, x += ld)
    for (int64_t j = 0; j < columns; j += line) __builtin_prefetch(x + j, write, write ? 3 : 2);
}

/// panel[W, width] = the transpose of b[rows, ldb]'s first W columns, zero in the panel's columns beyond them.
template <class V>
void transpose_few(const typename V::value_type* b, int64_t ldb, int rows, typename V::value_type* panel,
                   int64_t width) {
  using T = typename V::value_type;
  constexpr int W = int(V::size);
  V r[W];
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) r[i] = i < rows ? V::load_unaligned(b + i * ldb) : V(T(0));
  transpose(r);
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) r[i].store_aligned(panel + i * width);
}

/// panel[k, nv*W] = the transpose of b[n, ldb]'s first k columns, zero beyond column n.
template <class V>
void pack_transposed(const typename V::value_type* b, int64_t ldb, int64_t k, int64_t n,
                     typename V::value_type* panel) {
  constexpr int W = int(V::size);
  const int64_t width = (n + W - 1) / W * W;
  for (int64_t j = 0; j < n; j += W, b += W * ldb, panel += W) {  // b: [min(W, n-j), ldb], panel: [k, width]
    const int rows = int(n - j < W ? n - j : W);
    if (k < W) {
      for (int64_t p = 0; p < k; ++p)
        for (int64_t i = 0; i < W; ++i) panel[p * width + i] = i < rows ? b[i * ldb + p] : 0;
      continue;
    }
    for (int64_t p = 0; p < k; p += W) {
      const int64_t q = p < k - W ? p : k - W;  // the last block may repeat some of the one before it
      if (rows == W)
        transpose_block<V>(b + q, ldb, panel + q * width, width, xsimd::aligned_mode{});
      else
        transpose_few<V>(b + q, ldb, rows, panel + q * width, width);
    }
  }
}

}  // namespace elbow::simd
