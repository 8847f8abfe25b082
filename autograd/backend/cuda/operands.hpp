#pragma once
#include <bit>
#include <cstdint>

#include "autograd/backend/cuda/kernels.hpp"

// The matrices of a tiled product (tiles.hpp), as functions of a row and a column. A matrix need not lie in memory as one: the
// patches of images are columns whose elements the kernel finds where they stand.
namespace elbow::cuda {

/// n / divisor for n < 2^31 by a multiplication and a shift: the GPU has no instruction for the division.
/// (Granlund and Montgomery, Division by invariant integers using multiplication, 1994.)
struct FastDivisor {
  uint32_t divisor, factor = 1, shift = 0;
  explicit FastDivisor(int64_t by) : divisor(uint32_t(by)) {
    if (by <= 1) return;  // 0 divides nothing
    shift = uint32_t(std::bit_width(divisor - 1));
    factor = uint32_t((((uint64_t(1) << shift) - divisor) << 32) / divisor) + 1;
  }
  ELBOW_DEVICE uint32_t operator()(uint32_t n) const {
    return (uint32_t(uint64_t(n) * factor >> 32) + n) >> shift;
  }
};

/// What a row, or a column, says of where its elements lie. An element is at the sum of its row's and its column's offsets; it
/// is there if the sum of their (y, x) lies within the matrix's frame, and 0 otherwise.
struct Place {
  int64_t offset;
  int y, x;
};
ELBOW_DEVICE inline Place nowhere() { return {0, -(1 << 30), 0}; }

/// Rows (or columns) that lie a stride apart.
struct Line {
  int count;
  int64_t stride;
  ELBOW_DEVICE Place operator()(int i) const { return i < count ? Place{i * stride, 0, 0} : nowhere(); }
  ELBOW_DEVICE int first(int i) const { return i; }
};

/// Rows (or columns) that are numbered by three indices (block, y, x), x running fastest: `ys` times `xs` of them in a
/// block. y and x number pixels (or taps of a kernel) that are y_step and x_step apart.
struct Grid3 {
  int count;
  FastDivisor ys, xs;
  int64_t block;  ///< elements from one block to the next
  int width;      ///< and from one row of pixels to the next
  int y_step = 1, x_step = 1, y_first = 0, x_first = 0;

  ELBOW_DEVICE Place operator()(int i) const {
    if (i >= count) return nowhere();
    const uint32_t row = xs(uint32_t(i)), n = ys(row);
    const int y = int(row - n * ys.divisor) * y_step + y_first,
              x = int(uint32_t(i) - row * xs.divisor) * x_step + x_first;
    return {n * block + int64_t(y) * width + x, y, x};
  }
  ELBOW_DEVICE int first(int i) const { return int(ys(xs(uint32_t(i)))); }
};

/// A factor of a product: element (i, l), where l is the index that is summed over.
template <class T, class Outer, class Inner, bool along_l> struct Operand {
  static constexpr bool contiguous_along_l =
      along_l;  ///< so that neighbouring threads read neighbouring l, or i
  Ptr<const T> elements;
  Outer outer;  // of i
  Inner inner;  // of l
  int height = 1, width = 1;
  ELBOW_DEVICE T at(const Place& i, const Place& l) const {
    const bool inside = unsigned(i.y + l.y) < unsigned(height) && unsigned(i.x + l.x) < unsigned(width);
    return inside ? T(elements[i.offset + l.offset]) : T(0);
  }
};

/// Where a product goes: element (i, j) is set or added to, plus a bias of the row, the column, or both; with `relu`, max(., 0) of that.
template <class T, class Rows, class Columns> struct Result {
  Ptr<T> elements;
  bool add;
  Rows rows;
  Columns columns;
  Ptr<const T> bias = {};
  int bias_of_row = 0,
      bias_of_column = 0;  ///< from one row's bias to the next's, and from one column's (block's)
  bool relu = false;
  ELBOW_DEVICE void operator()(int i, int j, T value) const {
    if (bias) value += bias[i * bias_of_row + columns.first(j) * bias_of_column];
    const int64_t at = rows(i).offset + columns(j).offset;
    if (add) value += elements[at];
    elements[at] = relu && value < T(0) ? T(0) : value;
  }
};

}  // namespace elbow::cuda
