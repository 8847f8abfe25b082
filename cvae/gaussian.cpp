#include "cvae/gaussian.hpp"

#include <algorithm>

#include "autograd/error.hpp"

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
  g.regression = product(submatrix(sigma, withheld, given), pseudo_inverse(submatrix(sigma, given, given)));
  const Matrix explained = product(g.regression, submatrix(sigma, given, withheld));
  const std::int64_t u = g.covariance.rows;
  for (std::int64_t r = 0; r < u; ++r)
    for (std::int64_t c = 0; c <= r; ++c) {  // symmetric in exact arithmetic; made so here
      const double both = (explained(r, c) + explained(c, r)) / 2;
      g.covariance(r, c) -= both;
      if (c != r) g.covariance(c, r) -= both;
    }
  return g;
}

PrincipalAxes principal_axes(const Matrix& sigma, const Mask& mask, const Mask& observed) {
  const ConditionalGaussian g = condition_on(sigma, mask, observed);
  const auto& [given, withheld] = g.columns;
  const std::int64_t u = std::int64_t(withheld.size()), o = std::int64_t(given.size());
  const EigenSystem e = symmetric_eigen(g.covariance);

  double scale = 0;
  for (const std::int64_t i : withheld) scale = std::max(scale, sigma(i, i));
  const double zero = rank_tolerance(u) * scale;
  const std::int64_t axes = std::count_if(e.values.begin(), e.values.end(), [&](double l) { return l > zero; });

  PrincipalAxes p;
  p.variances.assign(e.values.begin(), e.values.begin() + axes);
  p.innovations = Matrix(axes, std::int64_t(mask.size()));
  for (std::int64_t k = 0; k < axes; ++k)
    for (std::int64_t i = 0; i < u; ++i) {  // u_k = sum_i v_ki (x_i - prediction of x_i from the given columns)
      const double v = e.vectors(k, i);
      p.innovations(k, withheld[i]) = v;
      for (std::int64_t j = 0; j < o; ++j) p.innovations(k, given[j]) -= v * g.regression(i, j);
    }
  return p;
}

}  // namespace elbow
