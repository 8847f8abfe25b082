#include "metrics/pca.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/moments.hpp"

namespace elbow {
namespace {

/// The column with the largest loading of a component [d]. Loadings that differ by rounding alone are equal.
std::int64_t leading_column(const double* component, std::int64_t d) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < d; ++i)
    if (std::abs(component[i]) > std::abs(component[best]) * (1 + 1e-9)) best = i;
  return best;
}

}  // namespace

PrincipalComponents principal_components(const Tensor& x) {
  const Moments moments = moments_of(x);
  const std::int64_t d = moments.columns(), k = std::min(moments.rows, d);
  const EigenSystem e = symmetric_eigen(moments.covariance);
  PrincipalComponents p;
  p.rows = moments.rows;
  p.mean = moments.mean;
  for (std::int64_t i = 0; i < k; ++i) p.variances.push_back(std::max(e.values[i], 0.0));  // not a rounded -0
  const double total = std::accumulate(p.variances.begin(), p.variances.end(), 0.0);
  p.components = Matrix(k, d);
  for (std::int64_t i = 0; i < k; ++i) {
    p.ratios.push_back(p.variances[i] / total);
    p.leading.push_back(leading_column(e.vectors.values.data() + i * d, d));
    const double sign = e.vectors(i, p.leading[i]) < 0 ? -1 : 1;
    for (std::int64_t c = 0; c < d; ++c) p.components(i, c) = sign * e.vectors(i, c);
  }
  return p;
}

}  // namespace elbow
