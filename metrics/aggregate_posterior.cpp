#include "metrics/aggregate_posterior.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "autograd/tape.hpp"
#include "base/parallel.hpp"
#include "metrics/inner_products.hpp"

namespace elbow {
namespace {

constexpr auto kl_parts_op = "kl_parts";

/// The densities of some rows' posteriors at some rows' draws, as inner products:
///
///     log N(z; m, v) = z^2 . (-1 / 2v) + z . (m / v) + constant(m, v)
struct DensityFactors {
  Tensor draws;                  ///< [rows, 2 latents]: z^2, z
  Tensor posteriors;             ///< [rows, 2 latents]: -1 / 2v, m / v
  std::vector<double> constant;  ///< [rows]
};

DensityFactors density_factors(const std::vector<double>& mean, const std::vector<double>& log_var,
                               const std::vector<double>& noise, const std::vector<int64_t>& rows,
                               int64_t latents) {
  const auto n = int64_t(rows.size());
  DensityFactors f{Tensor::empty({n, 2 * latents}, DType::float64),
                   Tensor::empty({n, 2 * latents}, DType::float64), std::vector<double>(rows.size(), 0.0)};
  double *draw = f.draws.data<double>(), *posterior = f.posteriors.data<double>();
  for (size_t i = 0; i < rows.size(); ++i, draw += 2 * latents, posterior += 2 * latents)
    for (int64_t l = 0; l < latents; ++l) {
      const auto at = size_t(rows[i] * latents + l);
      const double m = mean[at], precision = std::exp(-log_var[at]);
      const double z = m + std::exp(log_var[at] / 2) * noise[at];
      draw[l] = z * z;
      draw[latents + l] = z;
      posterior[l] = -precision / 2;
      posterior[latents + l] = m * precision;
      f.constant[i] -= (std::log(2 * std::numbers::pi) + log_var[at] + m * m * precision) / 2;
    }
  return f;
}

/// The terms of both estimates for the rows of one group.
void add_group(const DensityFactors& f, const std::vector<int64_t>& rows, std::vector<double>& below,
               std::vector<double>& above) {
  const auto n = int64_t(rows.size());
  for_inner_products(kl_parts_op, f.draws, f.posteriors, [&](int64_t first, Tensor products) {
    double* product = products.data<double>();  // [block, n]
    parallel_for(products.size(0), products.numel() * 8, [&](int64_t r) {
      double* log_density = product + r * n;  // of draw i under each posterior
      const auto i = size_t(first + r);
      for (int64_t j = 0; j < n; ++j) log_density[j] += f.constant[size_t(j)];
      const double own = log_density[i];
      log_density[i] = -std::numeric_limits<double>::infinity();
      const double highest = std::max(own, *std::max_element(log_density, log_density + n));
      double others = 0;
      for (int64_t j = 0; j < n; ++j) others += std::exp(log_density[j] - highest);
      const auto row = size_t(rows[i]);
      const double all = others + std::exp(own - highest);
      below[row] = own - highest - std::log(all / double(n));
      above[row] = n > 1 ? own - highest - std::log(others / double(n - 1)) : no_number;
    });
  });
}

}  // namespace

KlParts kl_parts(const Tensor& mean, const Tensor& log_var, const std::vector<double>& kl,
                 const std::vector<int64_t>& group, const RandomKey& noise) {
  if (mean.rank() != 2 || mean.numel() == 0 || !(mean.shape() == log_var.shape()))
    fail(kl_parts_op, "expects means and logarithms of variances [rows, latents], not ", mean.shape(), " and ",
         log_var.shape());
  const int64_t n = mean.size(0), latents = mean.size(1);
  if (int64_t(kl.size()) != n || (!group.empty() && int64_t(group.size()) != n))
    fail(kl_parts_op, "expects a KL and a group for each of ", n, " rows, not ", kl.size(), " and ",
         group.size());
  const NoGrad no_grad;
  std::map<int64_t, std::vector<int64_t>> groups;
  for (int64_t r = 0; r < n; ++r) groups[group.empty() ? 0 : group[size_t(r)]].push_back(r);
  const auto m = mean.to_vector<double>(), v = log_var.to_vector<double>(),
             e = normal(noise, {n, latents}, 0, 1, DType::float64).to_vector<double>();
  std::vector<double> below(static_cast<size_t>(n)), above(static_cast<size_t>(n));
  KlParts parts;
  for (const auto& [key, rows] : groups) {
    add_group(density_factors(m, v, e, rows, latents), rows, below, above);
    parts.largest_information += double(rows.size()) * std::log(double(rows.size())) / double(n);
  }
  parts.kl = std::accumulate(kl.begin(), kl.end(), 0.0) / double(n);
  parts.information = estimate_of(below);
  parts.information_above = std::accumulate(above.begin(), above.end(), 0.0) / double(n);
  parts.prior_part = parts.kl - parts.information.mean;
  return parts;
}

}  // namespace elbow
