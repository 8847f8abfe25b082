#include "cvae/models/gaussian_base.hpp"

#include <cmath>

#include "autograd/operators.hpp"
#include "autograd/tape.hpp"
#include "data/batches.hpp"
#include "metrics/imputation.hpp"

namespace elbow {

GaussianBase::GaussianBase(const std::vector<int64_t>& means, int64_t outputs) {
  for (size_t i = 0; i < means.size(); ++i)
    if (means[i] >= 0) numbers_.push_back(int64_t(i));
  const int64_t d = int64_t(means.size()), n = columns();
  chosen_ = Tensor::zeros({d, n});
  places_ = Tensor::zeros({n, outputs});
  for (int64_t k = 0; k < n; ++k) {
    chosen_.data<float>()[numbers_[size_t(k)] * n + k] = 1;
    places_.data<float>()[k * outputs + means[size_t(numbers_[size_t(k)])]] = 1;
  }
  mean_ = Tensor::zeros({n});
  deviation_ = Tensor::ones({n});
  correlation_ = Tensor::zeros({n, n});
  buffer("chosen", chosen_);
  buffer("places", places_);
  buffer("mean", mean_);
  buffer("deviation", deviation_);
  buffer("correlation", correlation_);
}

namespace {
// The columns with variance 1 over the entries that are there.
Tensor scaled(const Tensor& x, const Tensor& there) {
  const Moments m = observed_moments(x, there);
  std::vector<double> deviations;
  for (int64_t i = 0; i < m.columns(); ++i)
    deviations.push_back(m.covariance(i, i) > 0 ? std::sqrt(m.covariance(i, i)) : 1);
  return x / Tensor::from(deviations, {1, m.columns()}).to(DType::float32);
}
}  // namespace

void GaussianBase::fit(const Dataset& train) {
  constexpr int most_steps = 60;
  constexpr int64_t most_rows = 1 << 17;
  const int64_t n = columns();
  const std::vector<int64_t> index = evenly_spread(train.rows(), train.observed ? em_rows(n) : most_rows);
  const Batch rows = rows_of(train, index);
  const NoGrad no_grad;
  const Tensor chosen = chosen_.to(Device::cpu), x = matmul(rows.x, chosen);
  const Tensor there = rows.observed ? matmul(rows.observed, chosen) : Tensor::ones(x.shape());
  // Many rows need no prior to speak of, and choosing one costs seven times as much as EM itself.
  const double prior_rows = x.size(0) > 50 * n ? 3 : best_prior_rows(scaled(x, there), there);
  const Moments m = gaussian_em(x, there, 1e-4, most_steps, prior_rows);
  std::vector<double> deviations, correlations(size_t(n * n), 0);
  for (int64_t i = 0; i < n; ++i) {
    const double sd = std::sqrt(m.covariance(i, i));
    deviations.push_back(sd > 0 ? sd : 1);
  }
  for (int64_t i = 0; i < n * n; ++i)
    correlations[size_t(i)] =
        m.covariance.values[size_t(i)] / (deviations[size_t(i / n)] * deviations[size_t(i % n)]);
  const auto set = [](Tensor& buffer, const std::vector<double>& values) {
    buffer = Tensor::from(values, buffer.shape()).to(DType::float32).to(buffer.device());
  };
  set(mean_, m.mean);
  set(deviation_, deviations);
  set(correlation_, correlations);
}

const Tensor& GaussianBase::expected(const Tensor& c) {
  const std::array versions{c.body()->storage->version, correlation_.body()->storage->version};
  if (c_.body() == c.body() && versions_ == versions && c.device() == Device::cpu) return expected_;
  const NoGrad no_grad;  // it holds nothing that is trained
  const Tensor x = matmul(values_in(c), chosen_), mask = matmul(mask_in(c), chosen_);
  const Tensor z = (x - mean_) / deviation_;
  const Tensor predicted = matmul(masked_solve(correlation_, z, mask, ridge), correlation_);
  expected_ = where(mask, x, mean_ + deviation_ * predicted);
  c_ = c;
  versions_ = versions;
  return expected_;
}

Tensor GaussianBase::added_to_outputs(const Tensor& c) { return matmul(expected(c), places_); }

}  // namespace elbow
