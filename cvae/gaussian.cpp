#include "cvae/gaussian.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace elbow {

Split split(const Mask& mask, const Mask& observed) {
  if (!observed.empty() && observed.size() != mask.size())
    fail("split", "a mask of ", mask.size(), " columns, of which ", observed.size(),
         " are said to be there or not");
  Split s;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const bool there = observed.empty() || observed[i];
    if (mask[i] && !there) fail("split", "column ", i, " is missing and cannot be given");
    if (there) (mask[i] ? s.given : s.withheld).push_back(std::int64_t(i));
  }
  return s;
}

ConditionalGaussian condition_on(const Matrix& sigma, const Mask& mask, const Mask& observed) {
  const std::int64_t d = std::int64_t(mask.size());
  if (sigma.rows != d || sigma.cols != d)
    fail("condition_on", "a covariance [", sigma.rows, ",", sigma.cols, "] does not fit a mask of ", d,
         " columns");
  ConditionalGaussian g;
  g.columns = split(mask, observed);
  const auto& [given, withheld] = g.columns;
  g.covariance = submatrix(sigma, withheld, withheld);
  auto [coefficients, explained] =
      regression(submatrix(sigma, given, given), submatrix(sigma, given, withheld));
  g.regression = std::move(coefficients);
  const std::int64_t u = g.covariance.rows;
  for (std::int64_t r = 0; r < u; ++r)
    for (std::int64_t c = 0; c <= r; ++c) {  // symmetric in exact arithmetic; made so here
      const double both = (explained(r, c) + explained(c, r)) / 2;
      g.covariance(r, c) -= both;
      if (c != r) g.covariance(c, r) -= both;
    }
  return g;
}

namespace {

// The eigenvalues, descending, without those of axes that have no variance.
std::vector<double> without_zeros(std::vector<double> values, const Matrix& sigma,
                                  const std::vector<std::int64_t>& withheld) {
  double scale = 0;
  for (const std::int64_t i : withheld) scale = std::max(scale, sigma(i, i));
  const double zero = rank_tolerance(std::int64_t(withheld.size())) * scale;
  std::erase_if(values, [&](double l) { return !(l > zero); });
  return values;
}

}  // namespace

PrincipalAxes principal_axes(const Matrix& sigma, const Mask& mask, const Mask& observed) {
  const ConditionalGaussian g = condition_on(sigma, mask, observed);
  const auto& [given, withheld] = g.columns;
  EigenSystem e = symmetric_eigen(g.covariance);

  PrincipalAxes p;
  p.variances = without_zeros(std::move(e.values), sigma, withheld);
  const std::int64_t axes = std::int64_t(p.variances.size()), u = e.vectors.cols;
  e.vectors.rows = axes;
  e.vectors.values.resize(std::size_t(axes * u));
  const Matrix predicted = product(e.vectors, g.regression);  // [axes, given]
  p.innovations = Matrix(axes, std::int64_t(mask.size()));
  for (std::int64_t k = 0; k < axes;
       ++k) {  // u_k = sum_i v_ki (x_i - prediction of x_i from the given columns)
    for (std::int64_t i = 0; i < u; ++i) p.innovations(k, withheld[i]) = e.vectors(k, i);
    for (std::int64_t j = 0; j < predicted.cols; ++j) p.innovations(k, given[j]) = -predicted(k, j);
  }
  return p;
}

std::vector<double> principal_variances(const Matrix& sigma, const Mask& mask, const Mask& observed) {
  const ConditionalGaussian g = condition_on(sigma, mask, observed);
  // LAPACK's eigenvalues by themselves cost a third, and differ in their last bits from those computed with
  // eigenvectors.
  std::vector<double> values = g.covariance.rows > small_matrix ? symmetric_eigenvalues(g.covariance)
                                                                : symmetric_eigen(g.covariance).values;
  return without_zeros(std::move(values), sigma, g.columns.withheld);
}

}  // namespace elbow
