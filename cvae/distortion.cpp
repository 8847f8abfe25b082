#include "cvae/distortion.hpp"

#include <cmath>

#include "autograd/kernels/math.hpp"
#include "autograd/operators.hpp"

namespace elbow {

Tensor ColumnRange::of(const Tensor& t) const {
  return width == t.size(1) ? t : slice(t, 1, first, first + width);
}

OutputLayout OutputLayout::knowing(const OutputLayout& counted) {
  OutputLayout layout;
  layout.trained_from_ = counted.network_;
  layout.fixed_from_ = counted.network_ + int64_t(counted.trained_.size());
  return layout;
}

ColumnRange OutputLayout::network(int64_t width) {
  network_ += width;
  return {network_ - width, width};
}

namespace {

ColumnRange appended(std::vector<float>& to, const std::vector<float>& values, int64_t from) {
  to.insert(to.end(), values.begin(), values.end());
  return {from + int64_t(to.size() - values.size()), int64_t(values.size())};
}

// The raw value of the scale 1.
double raw_of_one(double least) { return std::log(std::expm1(1 - least)); }

}  // namespace

ColumnRange OutputLayout::trained(const std::vector<float>& initial) {
  return appended(trained_, initial, trained_from_);
}
ColumnRange OutputLayout::fixed(const std::vector<float>& values) {
  return appended(fixed_, values, fixed_from_);
}

Tensor reduced(const Tensor& entries, Reduction reduction) {
  if (reduction == Reduction::none) return entries;
  const Tensor rows = sum(entries, 1);
  return reduction == Reduction::mean ? mean(rows) : rows;
}

float DistortionTerm::draw(const float*, int64_t, float value, const NumberDraw&) const { return value; }

std::string DistortionTerm::describe() const {
  return str(kind(), " of columns ", columns.first, " to ", columns.first + columns.width - 1);
}

Tensor NoiseScale::of(const Tensor& y) const {
  const Tensor r = raw.of(y);
  return softplus(centred ? r + raw_of_one(least) : r) + least;
}

double NoiseScale::of(const float* y, int64_t i) const {
  const double r = y[raw.first + (raw.width == 1 ? 0 : i)];
  return least + ops::log1p_exp(centred ? r + raw_of_one(least) : r);
}

NoiseScale noise_scale_of(NoiseMode mode, ColumnRange columns, double least, OutputLayout& layout,
                          std::optional<NoiseScale>& one) {
  const float start = float(raw_of_one(least));
  if (mode == NoiseMode::entry) return {layout.network(columns.width), least, true};
  if (mode != NoiseMode::one) return {layout.trained(std::vector<float>(size_t(columns.width), start)), least};
  if (!one) one = NoiseScale{layout.trained({start}), least};
  return *one;
}

}  // namespace elbow
