#pragma once
// C = A B for square matrices of floats, row by row, in six steps from three loops to nearly the peak. From the fourth step on, n
// is a multiple of the tile's rows and columns (both divide 96).
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

// ---- step 1: the definition -----------------------------------------------------------------------------------------

inline void three_loops(int64_t n, const float* a, const float* b, float* c) {
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (int64_t p = 0; p < n; ++p) sum += a[i * n + p] * b[p * n + j];
      c[i * n + j] = sum;
    }
}

// ---- step 2: another order of the loops -----------------------------------------------------------------------------

inline void along_rows(int64_t n, const float* a, const float* b, float* c) {
  std::fill_n(c, n * n, 0.f);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t p = 0; p < n; ++p)
      for (int64_t j = 0; j < n; ++j) c[i * n + j] += a[i * n + p] * b[p * n + j];
}

// ---- step 3: four at a time -----------------------------------------------------------------------------------------

inline void four_rows(int64_t n, const float* a, const float* b, float* __restrict c) {
  std::fill_n(c, n * n, 0.f);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t p = 0; p < n; p += 4) {
      const float a0 = a[i * n + p], a1 = a[i * n + p + 1], a2 = a[i * n + p + 2], a3 = a[i * n + p + 3];
      const float *b0 = b + p * n, *b1 = b0 + n, *b2 = b1 + n, *b3 = b2 + n;
      for (int64_t j = 0; j < n; ++j) c[i * n + j] += a0 * b0[j] + a1 * b1[j] + a2 * b2[j] + a3 * b3[j];
    }
}

// ---- step 4: a tile of C in registers -------------------------------------------------------------------------------

#if defined(__AVX512F__)
constexpr int64_t lanes = 16, registers = 32;
#elif defined(__AVX__)
constexpr int64_t lanes = 8, registers = 16;
#elif defined(__aarch64__)
constexpr int64_t lanes = 4, registers = 32;
#else
constexpr int64_t lanes = 4, registers = 16;
#endif
/// A register of floats, and its way from and to memory: one instruction each.
using Vec = float __attribute__((vector_size(lanes * sizeof(float))));
inline Vec load(const float* p) {
  Vec v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(Vec v, float* p) { std::memcpy(p, &v, sizeof v); }

/// A tile is `rows` rows by two registers of columns: its sums, two registers of B and one number of A fit the processor.
constexpr int64_t rows = registers == 32 ? 12 : 6, columns = 2 * lanes;

/// C[rows, columns] += A[rows, depth] B[depth, columns]. Rows of A lie lda apart, those of B ldb, those of C ldc.
inline void tile(int64_t depth, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                 int64_t ldc) {
  Vec sum[rows][2] = {};
  for (int64_t p = 0; p < depth; ++p) {
    const Vec b0 = load(b + p * ldb);
    const Vec b1 = load(b + p * ldb + lanes);
#pragma GCC unroll 16
    for (int64_t r = 0; r < rows; ++r) {
      const float x = a[r * lda + p];
      sum[r][0] += x * b0;  // one instruction each: a fused multiply-add
      sum[r][1] += x * b1;
    }
  }
#pragma GCC unroll 16
  for (int64_t r = 0; r < rows; ++r) {
    store(load(c + r * ldc) + sum[r][0], c + r * ldc);
    store(load(c + r * ldc + lanes) + sum[r][1], c + r * ldc + lanes);
  }
}

inline void tiles(int64_t n, const float* a, const float* b, float* c) {
  std::fill_n(c, n * n, 0.f);
  for (int64_t j = 0; j < n; j += columns)
    for (int64_t i = 0; i < n; i += rows) tile(n, a + i * n, n, b + j, n, c + i * n + j, n);
}

// ---- step 5: copies in the order of reading -------------------------------------------------------------------------

/// panel[depth, columns] = the tile's columns of B, side by side.
inline void pack_b(int64_t depth, const float* b, int64_t ldb, float* panel) {
  for (int64_t p = 0; p < depth; ++p) std::copy_n(b + p * ldb, columns, panel + p * columns);
}

inline void packed_tiles(int64_t n, const float* a, const float* b, float* c) {
  std::fill_n(c, n * n, 0.f);
  static std::vector<float> panel;  // kept from call to call: see chapter 4
  panel.resize(size_t(n * columns));
  for (int64_t j = 0; j < n; j += columns) {
    pack_b(n, b + j, n, panel.data());
    for (int64_t i = 0; i < n; i += rows) tile(n, a + i * n, n, panel.data(), columns, c + i * n + j, n);
  }
}

// ---- step 6: blocks that fit the caches -----------------------------------------------------------------------------

/// A panel of B, [depth, columns], stays near while the rows of A pass by; a block of A, [height, depth], stays in the
/// second-level cache while the panels pass by.
constexpr int64_t block_depth = 384, block_height = 192;

inline void blocked_tiles(int64_t n, const float* a, const float* b, float* c) {
  std::fill_n(c, n * n, 0.f);
  static std::vector<float> block;
  block.resize(size_t(block_depth * n));
  for (int64_t p = 0; p < n; p += block_depth) {
    const int64_t depth = std::min(block_depth, n - p);
    for (int64_t j = 0; j < n; j += columns) pack_b(depth, b + p * n + j, n, block.data() + j * depth);
    for (int64_t top = 0; top < n; top += block_height)
      for (int64_t j = 0; j < n; j += columns)
        for (int64_t i = top; i < std::min(n, top + block_height); i += rows)
          tile(depth, a + i * n + p, n, block.data() + j * depth, columns, c + i * n + j, n);
  }
}
