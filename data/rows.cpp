#include "data/rows.hpp"
#include "autograd/alias.hpp"

#include <algorithm>

namespace elbow {

Rows::Rows(Tensor values) : values_(std::move(values)) {
  if (values_.rank() != 2 || values_.dtype() != DType::float32 || values_.device() != Device::cpu)
    fail("rows", "rows are a matrix of float32 in main memory, not ", values_.shape(), " of ",
         name_of(values_.dtype()));
  size_ = values_.size(0);
  columns_ = values_.size(1);
}

Rows::Rows(std::vector<uint8_t> pixels, int64_t columns) : columns_(columns) {
  if (columns < 1 || int64_t(pixels.size()) % columns != 0)
    fail("rows", pixels.size(), " pixels do not make rows of ", columns);
  size_ = int64_t(pixels.size()) / columns;
  pixels_ = std::make_shared<const std::vector<uint8_t>>(std::move(pixels));
}

Rows Rows::unread(int64_t size, int64_t columns) {
  Rows rows;
  rows.size_ = size;
  rows.columns_ = columns;
  return rows;
}

void Rows::check_read() const {
  if (!are_read()) fail("rows", "only the number of rows is known here, not what is in them");
}

Rows Rows::in_planes(std::vector<uint8_t> plane, int64_t planes) const {
  if (!pixels_) fail("rows", "only rows of pixels have planes");
  if (planes < 1 || int64_t(plane.size()) != size_)
    fail("rows", plane.size(), " rows cannot each be put in one of ", planes, " planes: there are ", size_);
  for (const uint8_t p : plane)
    if (p >= planes) fail("rows", "there is no plane ", int(p), " among ", planes);
  Rows rows = *this;
  rows.plane_ = std::make_shared<const std::vector<uint8_t>>(std::move(plane));
  rows.planes_ = planes;
  rows.columns_ = columns_ / planes_ * planes;
  return rows;
}

Rows Rows::binarised(const RandomKey& key) const {
  if (!pixels_) fail("rows", "only rows of pixels can be made binary");
  if (key.step >> 32 != 0) fail("rows", "binary pixels have steps below 2^32, not ", key.step);
  Rows rows = *this;
  rows.binarised_ = key;
  return rows;
}

// Writes the n pixels of one row to out.
void Rows::write_pixels(int64_t row, int64_t n, float* out) const {
  const uint8_t* pixels = pixels_->data() + row * n;
  if (!binarised_) {
    for (int64_t i = 0; i < n; ++i) out[i] = float(pixels[i]) / 255.0f;
    return;
  }
  thread_local std::vector<uint32_t> words;  // kept: gathering rows asks the system for nothing
  words.resize(static_cast<size_t>(n));
  fill_bits({binarised_->seed, binarised_->stream, binarised_->step << 32 | uint64_t(row)}, words.data(), n);
  for (int64_t i = 0; i < n; ++i)  // word / 2^32 < byte / 255
    out[i] = uint64_t{words[size_t(i)]} * 255 < uint64_t{pixels[i]} << 32 ? 1.0f : 0.0f;
}

// Writes one row of pixels to out[columns].
void Rows::write(int64_t row, float* out) const {
  const int64_t n = columns_ / planes_;
  if (plane_) {
    std::fill_n(out, columns_, 0.0f);
    out += (*plane_)[size_t(row)] * n;
  }
  write_pixels(row, n, out);
}

void Rows::gather(std::span<const int64_t> index, float* out) const {
  check_read();
  const float* values = values_ ? values_.data<float>() : nullptr;
  for (const int64_t row : index) {
    if (row < 0 || row >= size_) fail("rows", "there is no row ", row, " among ", size_);
    if (values)
      std::copy_n(values + row * columns_, columns_, out);
    else
      write(row, out);
    out += columns_;
  }
}

Rows Rows::chosen(std::span<const int64_t> index) const {
  check_read();
  if (values_) {
    const Tensor values = Tensor::empty({int64_t(index.size()), columns_});
    gather(index, Tensor(values).data<float>());
    return Rows(values);
  }
  const int64_t n = columns_ / planes_;
  std::vector<uint8_t> pixels, plane;
  for (const int64_t row : index) {
    if (row < 0 || row >= size_) fail("rows", "there is no row ", row, " among ", size_);
    pixels.insert(pixels.end(), pixels_->begin() + row * n, pixels_->begin() + (row + 1) * n);
    if (plane_) plane.push_back((*plane_)[size_t(row)]);
  }
  Rows rows(std::move(pixels), n);
  if (plane_) rows = rows.in_planes(std::move(plane), planes_);
  if (binarised_) rows = rows.binarised(*binarised_);
  return rows;
}

Tensor Rows::range(int64_t first, int64_t count) const {
  if (first < 0 || count < 0 || first + count > size_)
    fail("rows", "there are no rows ", first, " to ", first + count - 1, " among ", size_);
  check_read();
  if (values_) return alias(values_, {count, columns_}, first * columns_);
  Tensor copy = Tensor::empty({count, columns_});
  for (int64_t r = 0; r < count; ++r) write(first + r, copy.data<float>() + r * columns_);
  return copy;
}

}  // namespace elbow
