#pragma once
#include <algorithm>
#include <cstdint>
#include <ostream>

#include "autograd/kernels/math.hpp"
#include "autograd/shape.hpp"

// Windows that slide over images [rows, channels, height, width]: what convolutions and pooling share.
namespace elbow {

/// A height and a width; one number means both.
struct Extent {
  int64_t height, width;
  Extent(int64_t both) : height(both), width(both) {}
  Extent(int64_t height, int64_t width) : height(height), width(width) {}
  friend bool operator==(const Extent& a, const Extent& b) {
    return a.height == b.height && a.width == b.width;
  }
  friend std::ostream& operator<<(std::ostream& out, const Extent& e) {
    return out << e.height << 'x' << e.width;
  }
};

/// The indices [begin, end).
struct Span {
  int64_t begin, end;
  ELBOW_FN int64_t size() const { return end - begin; }
};

/// Throws, naming `op`, unless x has the four axes of a batch of images.
inline void require_images(const char* op, const Shape& x) {
  if (x.rank() != 4) fail(op, "expects images [rows, channels, height, width], not ", x);
}

/// Windows of a size, `stride` apart, over an image with `padding` rows and columns added on every side.
struct Window {
  Extent size = 1, stride = 1, padding = 0;

  /// How many windows there are along the height and the width of images x; those that stick out beyond the padding
  /// are left out. Throws, naming `op`, where not one fits, or a setting makes no sense.
  Extent count(const char* op, const Shape& x) const {
    if (size.height < 1 || size.width < 1 || stride.height < 1 || stride.width < 1)
      fail(op, "kernel ", size, " and stride ", stride, " must be at least 1");
    if (padding.height < 0 || padding.width < 0)
      fail(op, "the padding must not be negative, as ", padding, " is");
    const int64_t height = x[2] + 2 * padding.height, width = x[3] + 2 * padding.width;
    if (size.height > height || size.width > width)
      fail(op, "the kernel ", size, " is larger than the input ", x, " with a padding of ", padding);
    return {(height - size.height) / stride.height + 1, (width - size.width) / stride.width + 1};
  }
  /// The shape of images x after pooling. Throws as count(), and where the padding is more than half of the kernel, so that
  /// every window sees a pixel.
  Shape pooled(const char* op, const Shape& x) const {
    require_images(op, x);
    const Extent out = count(op, x);
    if (2 * padding.height > size.height || 2 * padding.width > size.width)
      fail(op, "the padding ", padding, " is more than half of the kernel ", size);
    return {x[0], x[1], out.height, out.width};
  }
  /// The rows of an image of that height that window `i` sees; those in the padding are left out.
  ELBOW_FN Span rows(int64_t i, int64_t height) const {
    return inside(i, size.height, stride.height, padding.height, height);
  }
  ELBOW_FN Span columns(int64_t i, int64_t width) const {
    return inside(i, size.width, stride.width, padding.width, width);
  }
  /// The windows that see row r, or column s, among the given number of windows along that side.
  ELBOW_FN Span over_row(int64_t r, int64_t windows) const {
    return over(r, size.height, stride.height, padding.height, windows);
  }
  ELBOW_FN Span over_column(int64_t s, int64_t windows) const {
    return over(s, size.width, stride.width, padding.width, windows);
  }
  /// Goes through the pixels of images x that the windows (u, v), v in [begin, end), see: f(at, first, last) means that each
  /// window v in [first, last) sees the element at + v * stride.width of a channel, in the order of the elements of a window.
  template <class F> void for_each_pixel(const Shape& x, int64_t u, int64_t begin, int64_t end, F f) const {
    const Span seen = rows(u, x[2]);
    const int64_t step = stride.width;
    for (int64_t r = seen.begin; r < seen.end; ++r)
      for (int64_t j = 0; j < size.width; ++j) {
        const int64_t shift = j - padding.width;  // 0 <= v * step + shift < width
        const int64_t first = std::max(begin, shift >= 0 ? 0 : (step - 1 - shift) / step),
                      last = std::min(end, shift >= x[3] ? 0 : (x[3] - 1 - shift) / step + 1);
        f(r * x[3] + shift, first, last);
      }
  }

 private:
  ELBOW_FN static Span inside(int64_t i, int64_t size, int64_t stride, int64_t padding, int64_t length) {
    const int64_t begin = i * stride - padding;
    return {std::clamp<int64_t>(begin, 0, length), std::clamp<int64_t>(begin + size, 0, length)};
  }
  // i with i * stride <= pixel + padding < i * stride + size.
  ELBOW_FN static Span over(int64_t pixel, int64_t size, int64_t stride, int64_t padding, int64_t windows) {
    const int64_t at = pixel + padding;
    return {at < size ? 0 : (at - size) / stride + 1, std::min(at / stride + 1, windows)};
  }
};

}  // namespace elbow
