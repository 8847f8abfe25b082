#include <algorithm>
#include <cmath>

#include "autograd/operators.hpp"
#include "cvae/distortion.hpp"

namespace elbow {
namespace {

constexpr double largest_mean = 1e15;    // of a draw
constexpr double largest_log_shape = 7;  // of a negative binomial: beyond, it is a Poisson distribution

// x = (log(1 + n) - mean) / deviation. The output is scaled in the same way: log E[n] = mean + deviation * output.
class CountTerm : public DistortionTerm {
 public:
  CountTerm(ColumnRange columns, OutputLayout& layout, const std::vector<float>& means,
            const std::vector<float>& deviations)
      : DistortionTerm(columns),
        outputs_(layout.network(columns.width)),
        means_(layout.fixed(means)),
        deviations_(layout.fixed(deviations)) {}
  Tensor values(const Tensor& y) const override {
    return (softplus(log_mean(y)) - means_.of(y)) / deviations_.of(y);
  }
  ColumnRange locations() const override { return outputs_; }
  float draw(const float* y, int64_t i, float, const NumberDraw& random) const override {
    const double mean = y[means_.first + i], deviation = y[deviations_.first + i];
    const double expected = std::exp(mean + deviation * y[outputs_.first + i]);
    const double n = count(y, i, std::min(expected, largest_mean), random.bits);
    return float((std::log1p(n) - mean) / deviation);
  }

 protected:
  Tensor log_mean(const Tensor& y) const {  // [rows, width]
    return means_.of(y) + deviations_.of(y) * outputs_.of(y);
  }
  Tensor counts(const Tensor& y, const Tensor& x) const {  // [rows, width]; never below 0, for all rounding
    return relu(expm1(means_.of(y) + deviations_.of(y) * columns.of(x)));
  }
  static double poisson(double mean, RandomBits& bits) {
    return mean > 0 ? double(std::poisson_distribution<int64_t>(mean)(bits)) : 0;
  }

 private:
  // A draw of column i with this mean.
  virtual double count(const float* y, int64_t i, double mean, RandomBits& bits) const = 0;
  ColumnRange outputs_, means_, deviations_;  // of y
};

class PoissonTerm : public CountTerm {
 public:
  using CountTerm::CountTerm;
  Tensor loss(const Tensor& y, const Tensor& x, Reduction reduction) const override {
    return poisson_nll(log_mean(y), counts(y, x), reduction);
  }

 private:
  std::string kind() const override { return "poisson"; }
  double count(const float*, int64_t, double mean, RandomBits& bits) const override {
    return poisson(mean, bits);
  }
};

// A Poisson distribution whose mean varies by a gamma distribution of shape r: with mean m and variance m + m^2 / r,
//
//     -log p(n) = log B(n + 1, r) + log(n + r) + r log(1 + m/r) + n log(1 + r/m).
class NegativeBinomialTerm : public CountTerm {
 public:
  NegativeBinomialTerm(ColumnRange columns, OutputLayout& layout, const std::vector<float>& means,
                       const std::vector<float>& deviations)
      : CountTerm(columns, layout, means, deviations),
        shapes_(layout.trained(std::vector<float>(size_t(columns.width), 0))) {}
  Tensor loss(const Tensor& y, const Tensor& x, Reduction reduction) const override {
    const Tensor n = counts(y, x), log_m = log_mean(y);  // [rows, width]
    const Tensor log_r = largest_log_shape * tanh(shapes_.of(y) / largest_log_shape), r = exp(log_r);
    const Tensor each =
        log_beta(n + 1, r) + log(n + r) + r * softplus(log_m - log_r) + n * softplus(log_r - log_m);
    return reduced(each, reduction);
  }

 private:
  std::string kind() const override { return "negative binomial"; }
  double count(const float* y, int64_t i, double mean, RandomBits& bits) const override {
    const double r = std::exp(largest_log_shape * std::tanh(y[shapes_.first + i] / largest_log_shape));
    return poisson(std::gamma_distribution<double>(r, mean / r)(bits), bits);
  }
  ColumnRange shapes_;  // of y
};

}  // namespace

std::shared_ptr<const DistortionTerm> count_term(ColumnRange columns, OutputLayout& layout,
                                                 const std::vector<float>& means,
                                                 const std::vector<float>& deviations, bool dispersed) {
  if (dispersed) return std::make_shared<NegativeBinomialTerm>(columns, layout, means, deviations);
  return std::make_shared<PoissonTerm>(columns, layout, means, deviations);
}

}  // namespace elbow
