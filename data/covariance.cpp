#include "data/covariance.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace elbow {

Matrix random_correlation_factor(int64_t d, const RandomKey& partial_correlations, const RandomKey& order) {
  std::vector<double> partial(static_cast<size_t>(d * (d - 1) / 2));
  fill_uniform(partial_correlations, partial.data(), int64_t(partial.size()), -1.0, 1.0);
  const std::vector<int64_t> place = permutation(order, d);
  Matrix factor(d, d);
  auto next = partial.begin();
  for (int64_t i = 0; i < d; ++i) {
    // Given columns 0..k-1, column i still has the variance `left`. The partial correlation p with column k is
    // the share of its standard deviation that lies along the component of column k that is new.
    double left = 1;
    for (int64_t k = 0; k < i; ++k) {
      const double p = *next++;
      factor(place[i], k) = p * std::sqrt(left);
      left *= 1 - p * p;
    }
    factor(place[i], i) = std::sqrt(left);
  }
  return factor;
}

Matrix cholesky(const Matrix& a) {
  const int64_t n = a.rows;
  if (a.cols != n) throw Error(str("the matrix is ", n, " x ", a.cols, ", not square"));
  double largest = 0;
  for (const double v : a.values) {
    if (!std::isfinite(v)) throw Error(str("the matrix has an element ", v));
    largest = std::max(largest, std::abs(v));
  }
  const double zero = rank_tolerance(n) * largest;
  Matrix factor(n, n);
  for (int64_t c = 0; c < n; ++c)
    for (int64_t r = c; r < n; ++r) {
      if (std::abs(a(r, c) - a(c, r)) > zero) throw Error("the matrix is not symmetric");
      double rest = a(r, c);  // what the columns before c leave to explain
      for (int64_t k = 0; k < c; ++k) rest -= factor(r, k) * factor(c, k);
      if (r == c) {
        if (rest < -zero) throw Error("the matrix is not positive semi-definite");
        factor(c, c) = rest > zero ? std::sqrt(rest) : 0;
      } else if (factor(c, c) > 0) {
        factor(r, c) = rest / factor(c, c);
      } else if (std::abs(rest) > std::sqrt(zero * largest)) {  // no variance is left, but a covariance
        throw Error("the matrix is not positive semi-definite");
      }
    }
  return factor;
}

Matrix covariance_of(const Matrix& factor) { return product(factor, transpose(factor)); }

}  // namespace elbow
