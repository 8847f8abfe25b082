#include "data/rows.hpp"

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

namespace {

void to_floats(const uint8_t* pixels, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = float(pixels[i]) / 255.0f;
}

}  // namespace

void Rows::gather(std::span<const int64_t> index, float* out) const {
  const float* values = values_ ? values_.data<float>() : nullptr;
  for (const int64_t row : index) {
    if (row < 0 || row >= size_) fail("rows", "there is no row ", row, " among ", size_);
    if (values)
      std::copy_n(values + row * columns_, columns_, out);
    else
      to_floats(pixels_->data() + row * columns_, columns_, out);
    out += columns_;
  }
}

Tensor Rows::range(int64_t first, int64_t count) const {
  if (first < 0 || count < 0 || first + count > size_)
    fail("rows", "there are no rows ", first, " to ", first + count - 1, " among ", size_);
  if (values_) return values_.view({count, columns_}, first * columns_);
  Tensor copy = Tensor::empty({count, columns_});
  if (pixels_) to_floats(pixels_->data() + first * columns_, copy.numel(), copy.data<float>());
  return copy;
}

}  // namespace elbow
