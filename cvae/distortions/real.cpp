#include <cmath>
#include <numbers>

#include "autograd/operators.hpp"
#include "cvae/distortion.hpp"

namespace elbow {
namespace {

// (x - y)^2, where y is one output for each column.
class SquaredErrorTerm : public DistortionTerm {
 public:
  SquaredErrorTerm(ColumnRange columns, OutputLayout& layout)
      : DistortionTerm(columns), means_(layout.network(columns.width)) {}
  Tensor loss(const Tensor& y, const Tensor& x, Reduction reduction) const override {
    return squared_error(means_.of(y), columns.of(x), reduction);
  }
  Tensor values(const Tensor& y) const override { return means_.of(y); }
  ColumnRange locations() const override { return means_; }
  bool is_squared_error() const override { return true; }
  Density density(double beta) const override { return {beta, 0.5 * std::log(std::numbers::pi * beta)}; }
  float draw(const float*, int64_t, float value, const NumberDraw& random) const override {
    return value + float(std::sqrt(random.beta / 2)) * random.normal;
  }

 private:
  std::string kind() const override { return "squared error"; }
  ColumnRange means_;  // of y
};

// -log N(x; mean, scale^2).
class NormalTerm : public DistortionTerm {
 public:
  NormalTerm(ColumnRange columns, OutputLayout& layout, const NoiseScale& scale)
      : DistortionTerm(columns), means_(layout.network(columns.width)), scale_(scale) {}
  Tensor loss(const Tensor& y, const Tensor& x, Reduction reduction) const override {
    const Tensor scale = scale_.of(y);                        // [rows, width] or [rows, 1]
    const Tensor t = (columns.of(x) - means_.of(y)) / scale;  // [rows, width]
    const Tensor each = 0.5 * square(t) + log(scale) + 0.5 * std::log(2 * std::numbers::pi);
    return reduced(each, reduction);
  }
  Tensor values(const Tensor& y) const override { return means_.of(y); }
  ColumnRange locations() const override { return means_; }
  bool is_normal() const override { return true; }
  float draw(const float* y, int64_t i, float value, const NumberDraw& random) const override {
    return value + float(scale_.of(y, i)) * random.normal;
  }

 private:
  std::string kind() const override { return "normal"; }
  ColumnRange means_;  // of y
  NoiseScale scale_;
};

}  // namespace

std::shared_ptr<const DistortionTerm> squared_error_term(ColumnRange columns, OutputLayout& layout) {
  return std::make_shared<SquaredErrorTerm>(columns, layout);
}
std::shared_ptr<const DistortionTerm> normal_term(ColumnRange columns, OutputLayout& layout,
                                                  const NoiseScale& scale) {
  return std::make_shared<NormalTerm>(columns, layout, scale);
}

}  // namespace elbow
