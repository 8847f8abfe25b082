#include "metrics/imputation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/operators.hpp"
#include "autograd/random.hpp"
#include "base/parallel.hpp"

namespace elbow {
namespace {

void require_alike(const char* who, const Tensor& x, const Tensor& observed, const Tensor& donors,
                   const Tensor& donors_observed) {
  if (x.rank() != 2 || donors.rank() != 2 || !(x.shape() == observed.shape()) ||
      !(donors.shape() == donors_observed.shape()) || x.size(1) != donors.size(1))
    fail(who, "rows ", x.shape(), " and donors ", donors.shape(), " and what is there of them do not fit");
}

}  // namespace

Tensor mean_imputation(const Tensor& x, const Tensor& observed, const Tensor& donors,
                       const Tensor& donors_observed) {
  require_alike("mean_imputation", x, observed, donors, donors_observed);
  const int64_t rows = x.size(0), d = x.size(1), n = donors.size(0);
  const float *from = donors.data<float>(), *has = donors_observed.data<float>(),
              *there = observed.data<float>();
  std::vector<double> sums(size_t(d), 0), counts(size_t(d), 0);
  for (int64_t i = 0; i < n * d; ++i)
    if (has[i] != 0) sums[size_t(i % d)] += from[i], counts[size_t(i % d)] += 1;
  Tensor out = x.clone();
  float* to = out.data<float>();
  for (int64_t i = 0; i < rows * d; ++i)
    if (there[i] == 0)
      to[i] = counts[size_t(i % d)] > 0 ? float(sums[size_t(i % d)] / counts[size_t(i % d)]) : 0;
  return out;
}

Tensor nearest_neighbour_imputation(const Tensor& x, const Tensor& observed, const Tensor& donors,
                                    const Tensor& donors_observed, int64_t neighbours) {
  Tensor out = mean_imputation(x, observed, donors, donors_observed);
  const int64_t rows = x.size(0), d = x.size(1), n = donors.size(0);
  const float *there = observed.data<float>(), *has = donors_observed.data<float>(),
              *from = donors.data<float>(), *of = x.data<float>();
  float* to = out.data<float>();
  parallel_for(rows, rows * n * d, [&](int64_t r) {
    if (std::all_of(there + r * d, there + (r + 1) * d, [](float o) { return o != 0; })) return;
    std::vector<std::pair<float, int64_t>> near;  // squared distances, and whose; the nearest first
    for (int64_t i = 0; i < n; ++i) {
      float squares = 0, common = 0;
      for (int64_t k = 0; k < d; ++k) {
        const float both = there[r * d + k] * has[i * d + k], off = of[r * d + k] - from[i * d + k];
        squares += both * off * off;
        common += both;
      }
      if (common > 0) near.emplace_back(squares / common, i);
    }
    std::sort(near.begin(), near.end());
    for (int64_t k = 0; k < d; ++k) {
      if (there[r * d + k] != 0) continue;
      double sum = 0;
      int64_t found = 0;
      for (size_t i = 0; i < near.size() && found < neighbours; ++i)
        if (has[near[i].second * d + k] != 0) sum += from[near[i].second * d + k], ++found;
      if (found > 0) to[r * d + k] = float(sum / double(found));
    }
  });
  return out;
}

double best_prior_rows(const Tensor& x, const Tensor& observed) {
  constexpr uint64_t seed = 1;
  const Tensor there = observed * bernoulli({seed, 0, 0}, observed.shape(), 0.8);
  const float *truth = x.data<float>(), *before = observed.data<float>(), *after = there.data<float>();
  double best = 1, least = std::numeric_limits<double>::infinity();
  for (const double rows : {1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0}) {
    const Moments m = gaussian_em(x, there, 1e-3, 30, rows);
    const Tensor imputed = gaussian_imputation(x, there, m).values;
    double squares = 0;
    for (int64_t i = 0; i < x.numel(); ++i)
      if (before[i] != after[i]) squares += std::pow(double(imputed.data<float>()[i]) - truth[i], 2);
    if (squares < least) least = squares, best = rows;
  }
  return best;
}

GaussianImputation gaussian_imputation(const Tensor& x, const Tensor& observed, const Moments& moments) {
  const int64_t rows = x.size(0), d = x.size(1);
  if (moments.columns() != d || !(x.shape() == observed.shape()))
    fail("gaussian_imputation", "rows ", x.shape(), " do not fit moments of ", moments.columns(), " columns");
  GaussianImputation out{x.clone(), Tensor::zeros({rows, d})};
  float *values = out.values.data<float>(), *deviations = out.deviations.data<float>();
  const float* there = observed.data<float>();
  parallel_for(rows, rows * d * d * d, [&](int64_t r) {
    const GaussianRegression g =
        regression(moments.covariance, std::vector<bool>(there + r * d, there + (r + 1) * d));
    float* row = values + r * d;
    for (size_t u = 0; u < g.rest.size(); ++u) {
      const int64_t k = g.rest[u];
      double expected = moments.mean[size_t(k)];
      for (size_t o = 0; o < g.given.size(); ++o)
        expected += g.coefficients(int64_t(u), int64_t(o)) *
                    (double(x.data<float>()[r * d + g.given[o]]) - moments.mean[size_t(g.given[o])]);
      row[k] = float(expected);
      deviations[r * d + k] = float(std::sqrt(std::max(0.0, g.covariance(int64_t(u), int64_t(u)))));
    }
  });
  return out;
}

}  // namespace elbow
