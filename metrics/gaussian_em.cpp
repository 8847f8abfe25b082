#include "metrics/gaussian_em.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.hpp"

namespace elbow {

GaussianRegression regression(const Matrix& s, const std::vector<bool>& given) {
  constexpr double least_share = 1e-10;  // of its variance that must be left of a column, or it is determined
  Matrix a = s;
  GaussianRegression out;
  const std::int64_t d = s.rows;
  for (std::int64_t k = 0; k < d; ++k) {
    if (!given[std::size_t(k)]) {
      out.rest.push_back(k);
      continue;
    }
    const double pivot = a(k, k);
    if (!(pivot > least_share * s(k, k))) continue;
    out.given.push_back(k);
    for (std::int64_t j = 0; j < d; ++j)
      if (j != k) a(k, j) /= pivot;
    for (std::int64_t i = 0; i < d; ++i) {
      const double share = a(i, k);
      for (std::int64_t j = 0; i != k && j < d; ++j)
        if (j != k) a(i, j) -= share * a(k, j);
    }
    for (std::int64_t i = 0; i < d; ++i)
      if (i != k) a(i, k) /= pivot;
    a(k, k) = -1 / pivot;
  }
  out.coefficients = submatrix(a, out.rest, out.given);
  out.covariance = submatrix(a, out.rest, out.rest);
  return out;
}

namespace {

/// Sums over rows that are filled in: of the values, and of their products, as differences from the mean so far.
struct Sums {
  std::vector<double> values;  // [d]
  Matrix products;             // [d,d]
};

/// The rows of a set with those of one pattern of missing entries next to each other.
class Patterns {
 public:
  Patterns(const Tensor& x, const Tensor& observed)
      : x_(x.to_vector<double>()), there_(observed.to_vector<float>()), d_(x.size(1)) {
    order_.resize(std::size_t(x.size(0)));
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    std::ranges::stable_sort(order_, [&](std::int64_t a, std::int64_t b) {
      return std::lexicographical_compare(there(a), there(a) + d_, there(b), there(b) + d_);
    });
  }
  std::int64_t rows() const { return std::int64_t(order_.size()); }
  const double* row(std::int64_t i) const { return x_.data() + order_[std::size_t(i)] * d_; }  // [d]
  std::vector<bool> pattern(std::int64_t i) const {
    const float* t = there(order_[std::size_t(i)]);
    return std::vector<bool>(t, t + d_);
  }
  bool new_pattern(std::int64_t i) const {
    const float* t = there(order_[std::size_t(i)]);
    return i == 0 || !std::equal(t, t + d_, there(order_[std::size_t(i - 1)]));
  }

 private:
  const float* there(std::int64_t row) const { return there_.data() + row * d_; }
  std::vector<double> x_;     // [rows,d]
  std::vector<float> there_;  // [rows,d]
  std::int64_t d_;
  std::vector<std::int64_t> order_;
};

/// The E step on rows begin to end: a missing entry is its mean given those that are there, and adds their covariance.
Sums expected_sums(const Patterns& p, const Moments& m, std::int64_t begin, std::int64_t end) {
  const std::int64_t d = m.columns();
  Sums sums{std::vector<double>(std::size_t(d), 0.0), Matrix(d, d)};
  GaussianRegression r;
  std::vector<double> deviation(static_cast<std::size_t>(d));
  for (std::int64_t i = begin; i < end; ++i) {
    if (i == begin || p.new_pattern(i)) r = regression(m.covariance, p.pattern(i));
    const double* x = p.row(i);
    for (std::int64_t k = 0; k < d; ++k) deviation[std::size_t(k)] = x[k] - m.mean[std::size_t(k)];
    for (std::size_t u = 0; u < r.rest.size(); ++u) {
      double expected = 0;
      for (std::size_t o = 0; o < r.given.size(); ++o)
        expected += r.coefficients(std::int64_t(u), std::int64_t(o)) * deviation[std::size_t(r.given[o])];
      deviation[std::size_t(r.rest[u])] = expected;
    }
    for (std::int64_t a = 0; a < d; ++a) {
      sums.values[std::size_t(a)] += deviation[std::size_t(a)];
      for (std::int64_t b = 0; b <= a; ++b)
        sums.products(a, b) += deviation[std::size_t(a)] * deviation[std::size_t(b)];
    }
    for (std::size_t a = 0; a < r.rest.size(); ++a)
      for (std::size_t b = 0; b <= a; ++b)
        sums.products(r.rest[a], r.rest[b]) += r.covariance(std::int64_t(a), std::int64_t(b));
  }
  return sums;
}

/// One step: the moments of the filled-in rows, and of `prior_rows` more of independent columns with these variances [d].
Moments next(const Patterns& p, const Moments& m, double prior_rows, const std::vector<double>& variances) {
  constexpr std::int64_t chunk_rows = 512;  // fixed, as the order of the sums depends on it
  const std::int64_t d = m.columns(), rows = p.rows(), chunks = (rows + chunk_rows - 1) / chunk_rows;
  std::vector<Sums> parts(static_cast<std::size_t>(chunks));
  parallel_for(chunks, rows * d * d, [&](std::int64_t c) {
    parts[std::size_t(c)] = expected_sums(p, m, c * chunk_rows, std::min(rows, (c + 1) * chunk_rows));
  });
  Moments out{rows, m.mean, Matrix(d, d)};
  std::vector<double> moved(std::size_t(d), 0.0);
  for (const Sums& part : parts) {
    for (std::size_t k = 0; k < moved.size(); ++k) moved[k] += part.values[k] / double(rows);
    for (std::size_t e = 0; e < part.products.values.size(); ++e)
      out.covariance.values[e] += part.products.values[e] / double(rows);
  }
  for (std::int64_t a = 0; a < d; ++a) {
    out.mean[std::size_t(a)] += moved[std::size_t(a)];
    for (std::int64_t b = 0; b <= a; ++b) {
      double& s = out.covariance(a, b);
      s -= moved[std::size_t(a)] * moved[std::size_t(b)];
      s = (s * double(rows) + (a == b ? prior_rows * variances[std::size_t(a)] : 0)) /
          (double(rows) + prior_rows);
      out.covariance(b, a) = s;
    }
  }
  return out;
}

bool close(const Moments& a, const Moments& b, double tolerance) {
  const std::int64_t d = a.columns();
  const auto sd = [&](std::int64_t k) { return std::sqrt(b.covariance(k, k)); };
  for (std::int64_t i = 0; i < d; ++i) {
    if (std::abs(a.mean[std::size_t(i)] - b.mean[std::size_t(i)]) > tolerance * sd(i)) return false;
    for (std::int64_t j = 0; j <= i; ++j)
      if (std::abs(a.covariance(i, j) - b.covariance(i, j)) > tolerance * sd(i) * sd(j)) return false;
  }
  return true;
}

}  // namespace

std::int64_t em_rows(std::int64_t d) {
  constexpr double most_work = 2e9;  // rows d^3
  return std::clamp(std::int64_t(most_work / std::pow(double(d), 3)), 4 * d, std::int64_t{1} << 17);
}

Moments gaussian_em(const Tensor& x, const Tensor& observed, double tolerance, int most_steps,
                    double prior_rows) {
  Moments m = observed_moments(x, observed);
  if (m.rows == 0) fail("gaussian_em", "there are no rows");
  for (std::int64_t i = 0; i < m.columns(); ++i) {
    if (!std::isfinite(m.mean[std::size_t(i)]) || !std::isfinite(m.covariance(i, i)))
      fail("gaussian_em", "column ", i, " has an entry that is not finite");
    // From independent columns: the covariances of available cases may have no likelihood.
    for (std::int64_t j = 0; j < i; ++j) m.covariance(i, j) = m.covariance(j, i) = 0;
  }
  std::vector<double> variances;
  for (std::int64_t i = 0; i < m.columns(); ++i) variances.push_back(m.covariance(i, i));
  const Patterns patterns(x, observed);
  for (int step = 0; step < most_steps; ++step) {
    const Moments before = std::exchange(m, next(patterns, m, prior_rows, variances));
    if (close(before, m, tolerance)) break;
  }
  return m;
}

}  // namespace elbow
