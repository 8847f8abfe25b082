#include <cmath>

#include "autograd/kernels/math.hpp"
#include "autograd/operators.hpp"
#include "cvae/distortion.hpp"

namespace elbow {
namespace {

constexpr double least_freedom = 1;   // that of the Cauchy distribution
constexpr float initial_freedom = 4;  // raw: about 5 degrees of freedom

// Student's t distribution with location, scale s and n degrees of freedom: with t = (x - location) / s,
//
//     -log p(x) = log B(n/2, 1/2) + 1/2 log n + log s + (n + 1)/2 log(1 + t^2 / n).
class StudentTerm : public DistortionTerm {
 public:
  StudentTerm(ColumnRange columns, OutputLayout& layout, const NoiseScale& scale)
      : DistortionTerm(columns),
        locations_(layout.network(columns.width)),
        scale_(scale),
        freedom_(layout.trained(std::vector<float>(size_t(columns.width), initial_freedom))) {}
  Tensor loss(const Tensor& y, const Tensor& x, Reduction reduction) const override {
    const Tensor scale = scale_.of(y);                            // [rows, width] or [rows, 1]
    const Tensor n = softplus(freedom_.of(y)) + least_freedom;    // [rows, width]
    const Tensor t = (columns.of(x) - locations_.of(y)) / scale;  // [rows, width]
    const Tensor constant = log_beta(0.5 * n, 0.5) + 0.5 * log(n) + log(scale);
    return reduced(constant + 0.5 * (n + 1) * log1p(square(t) / n), reduction);
  }
  Tensor values(const Tensor& y) const override { return locations_.of(y); }
  ColumnRange locations() const override { return locations_; }
  float draw(const float* y, int64_t i, float value, const NumberDraw& random) const override {
    std::student_t_distribution<double> t(least_freedom + ops::log1p_exp(double(y[freedom_.first + i])));
    return value + float(scale_.of(y, i) * t(random.bits));
  }

 private:
  std::string kind() const override { return "Student's t"; }
  ColumnRange locations_;  // of y
  NoiseScale scale_;
  ColumnRange freedom_;  // of y
};

}  // namespace

std::shared_ptr<const DistortionTerm> student_term(ColumnRange columns, OutputLayout& layout,
                                                   const NoiseScale& scale) {
  return std::make_shared<StudentTerm>(columns, layout, scale);
}

}  // namespace elbow
