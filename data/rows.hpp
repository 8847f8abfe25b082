#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "autograd/random.hpp"

namespace elbow {

/// The rows of a data set, [size, columns]: floats, or the pixels of images. Pixels stay the bytes that they
/// are in the file and become floats in 0..1 (byte / 255) when a batch is gathered: Fashion-MNIST takes 47 MB
/// this way, not 188, and a gather reads a quarter of the memory. A copy shares the elements.
class Rows {
 public:
  Rows() = default;
  /// Rows of float32, [size, columns]. Shares the tensor's elements. Error for another dtype or rank.
  explicit Rows(Tensor values);
  /// Rows of pixels. Error if their number is not a multiple of `columns`.
  Rows(std::vector<uint8_t> pixels, int64_t columns);
  /// Rows whose size alone is known: reading one is an Error.
  static Rows unread(int64_t size, int64_t columns);
  /// Whether there is more than their number.
  bool are_read() const { return values_ || pixels_; }

  /// The same pixels in colour: each row is `planes` planes side by side, of which all but plane[row] are 0. Shares the
  /// pixels, and keeps one more byte a row. Rows that have planes already get these instead. Error for rows of floats, or
  /// if there is not one plane of 0..planes-1 for each row.
  Rows in_planes(std::vector<uint8_t> plane, int64_t planes) const;
  /// The same pixels as binary ones (dynamic binarisation, Salakhutdinov & Murray 2008): a pixel is 1 with probability
  /// byte / 255 (to 2^-32), else 0, each independently. The draws are a function of the key, the row and the pixel, so
  /// that every gather finds the same ones; another step of the key, which must be below 2^32, draws others. Shares the
  /// pixels, and keeps nothing more. Error for rows of floats.
  Rows binarised(const RandomKey& key) const;

  /// The rows `index` as rows of their own, with elements of their own. Of binary pixels other ones are drawn. Error if there is no
  /// such row, or the rows are not read.
  Rows chosen(std::span<const int64_t> index) const;

  int64_t size() const { return size_; }
  int64_t columns() const { return columns_; }

  /// Writes row index[i] to out[i], [index.size(), columns].
  void gather(std::span<const int64_t> index, float* out) const;
  /// Rows first, first + 1, ... as a tensor [count, columns]: shares the elements of floats, copies pixels.
  /// Error if there are not that many.
  Tensor range(int64_t first, int64_t count) const;
  /// All rows: range(0, size()).
  Tensor tensor() const { return range(0, size_); }

 private:
  void check_read() const;
  void write(int64_t row, float* out) const;
  void write_pixels(int64_t row, int64_t n, float* out) const;

  Tensor values_;  // undefined when the rows are pixels, or unread
  std::shared_ptr<const std::vector<uint8_t>> pixels_;
  std::shared_ptr<const std::vector<uint8_t>> plane_;  // [rows]; null when a row is its pixels alone
  std::optional<RandomKey> binarised_;                 // nothing when pixels are byte / 255
  int64_t size_ = 0, columns_ = 0, planes_ = 1;
};

}  // namespace elbow
