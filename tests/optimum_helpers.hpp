#pragma once
// What the tests of the analytic optimum share: covariances, rows drawn from a Gaussian set, means with their
// errors.
#include <cmath>
#include <random>
#include <vector>

#include "cvae/optimum.hpp"

namespace elbow::test {

/// F F^T of a random F [d, rank].
inline Matrix random_covariance(std::int64_t d, std::int64_t rank, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Matrix factor(d, rank);
  for (double& v : factor.values) v = normal(engine);
  return product(factor, transpose(factor));
}

inline Matrix identity(std::int64_t d) {
  Matrix m(d, d);
  for (std::int64_t i = 0; i < d; ++i) m(i, i) = 1;
  return m;
}

inline Matrix scaled(Matrix m, double factor) {
  for (double& v : m.values) v *= factor;
  return m;
}

inline GaussianOptimum optimum_of(const Matrix& covariance, double beta) {
  return GaussianOptimum(std::vector<double>(covariance.rows, 0.0), covariance, beta);
}

/// Rows P z + mean with z ~ N(0, I), and masks with P(given) = 1/2.
struct Set {
  std::int64_t d, rows;
  Matrix factor;
  std::vector<double> mean;
  std::vector<float> x, mask;

  Set(std::int64_t d, std::int64_t rank, std::int64_t rows, std::uint64_t seed)
      : d(d), rows(rows), factor(d, rank) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> normal;
    for (double& v : factor.values) v = normal(engine);
    mean.assign(d, 1.5);
    std::vector<double> z(rank);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (double& v : z) v = normal(engine);
      for (std::int64_t i = 0; i < d; ++i) {
        double value = mean[i];
        for (std::int64_t k = 0; k < rank; ++k) value += factor(i, k) * z[k];
        x.push_back(float(value));
        mask.push_back(float(engine() >> 63));
      }
    }
  }
  Matrix covariance() const { return product(factor, transpose(factor)); }
};

struct MeanAndError {
  double mean, error;
};

inline MeanAndError mean_and_error(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  const double n = double(values.size()), mean = sum / n;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

}  // namespace elbow::test
