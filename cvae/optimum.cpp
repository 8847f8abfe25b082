#include "cvae/optimum.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace elbow {
namespace {

/// How many masks' axes are kept: about 64 MiB of them. All 2^d masks of narrow sets fit many times over; with
/// hundreds of columns a random mask never comes twice and keeping more would only fill the memory.
std::size_t cache_capacity(std::int64_t d) {
  const std::size_t bytes_per_mask = std::size_t(d * (d + 2)) * sizeof(double) + 256;
  return std::max<std::size_t>(1, (std::size_t(64) << 20) / bytes_per_mask);
}

}  // namespace

Optimum axis_optimum(double variance, double beta) {
  const double level = beta / 2;
  Optimum b;
  b.distortion = std::min(variance, level);
  if (variance > level) b.kl = std::log(variance / level) / 2;
  b.active = variance > level * (1 + 1e-9);
  b.loss = b.distortion + beta * b.kl;
  return b;
}

LossTerms<double> axis_row_loss(double u, double variance, double beta) {
  if (variance <= beta / 2) return {u * u, u * u, 0};
  const double s2 = beta / (2 * variance);  // the encoder's variance; its mean is a u
  const double a2 = (1 - s2) / variance;
  LossTerms<double> r;
  r.kl = (a2 * u * u + s2 - 1 - std::log(s2)) / 2;
  r.distortion = u * u * s2 * s2 + variance * s2 * (1 - s2);
  r.loss = r.distortion + beta * r.kl;
  return r;
}

GaussianOptimum::GaussianOptimum(std::vector<double> mean, Matrix covariance, double beta)
    : mean_(std::move(mean)), covariance_(std::move(covariance)), beta_(beta) {
  const std::int64_t d = columns();
  if (d == 0 || covariance_.rows != d || covariance_.cols != d)
    fail("bound", "mean [", d, "] and covariance [", covariance_.rows, ",", covariance_.cols,
         "] are not [d] and [d,d] with d > 0");
  if (!(std::isfinite(beta) && beta > 0)) fail("bound", "beta is ", beta, "; it must be finite and above 0");
  for (const double m : mean_)
    if (!std::isfinite(m)) fail("bound", "the mean has a non-finite element");
  const std::vector<double> spectrum = symmetric_eigenvalues(covariance_);
  const double tolerance = 1e-10 * std::max(spectrum.front(), 0.0);
  for (std::int64_t r = 0; r < d; ++r)
    for (std::int64_t c = 0; c < r; ++c)
      if (std::abs(covariance_(r, c) - covariance_(c, r)) > tolerance)
        fail("bound", "the covariance is not symmetric at (", r, ",", c, "): ", covariance_(r, c), " and ",
             covariance_(c, r));
  if (spectrum.back() < -tolerance)
    fail("bound", "the covariance is not positive semi-definite: it has the eigenvalue ", spectrum.back());
}

Optimum GaussianOptimum::at(const Mask& mask, const Mask& observed) const {
  if (std::int64_t(mask.size()) != columns() || (!observed.empty() && observed.size() != mask.size()))
    fail("bound", "a mask of ", mask.size(), " columns",
         observed.empty() ? "" : str(", of which ", observed.size(), " are missing or not,"), " for a set of ",
         columns());
  Pattern pattern = mask;
  pattern.insert(pattern.end(), observed.begin(), observed.end());
  const AxesPtr axes = cached_axes({pattern})[0];  // held here: another thread may empty the cache meanwhile
  Optimum sum;
  for (const double variance : axes->variances) sum += of_axis(variance);
  for (std::int64_t k = std::int64_t(axes->variances.size()); k < withheld(pattern); ++k) sum += of_axis(0);
  return sum;
}

// How many columns are there and not given.
std::int64_t GaussianOptimum::withheld(const Pattern& pattern) const {
  const auto middle = pattern.begin() + columns();
  const std::int64_t observed = middle == pattern.end() ? columns() : std::count(middle, pattern.end(), true);
  return observed - std::count(pattern.begin(), middle, true);
}

LossTerms<double> GaussianOptimum::row_loss(const PrincipalAxes& axes, const std::vector<double>& centred,
                                            std::int64_t withheld) const {
  LossTerms<double> sum;
  const auto add = [&](const LossTerms<double>& r) {
    sum.loss += r.loss, sum.distortion += r.distortion, sum.kl += r.kl;
  };
  for (std::size_t k = 0; k < axes.variances.size(); ++k) {
    double u = 0;
    for (std::size_t i = 0; i < centred.size(); ++i)
      u += axes.innovations(std::int64_t(k), std::int64_t(i)) * centred[i];
    add(row_of_axis(u, axes.variances[k]));
  }
  for (std::int64_t k = std::int64_t(axes.variances.size()); k < withheld; ++k) add(row_of_axis(0, 0));
  return sum;
}

LossTerms<double> GaussianOptimum::optimal_row(const float* x, const float* mask, const float* observed) const {
  return optimal_rows(x, mask, 1, observed)[0];
}

std::vector<LossTerms<double>> GaussianOptimum::optimal_rows(const float* x, const float* mask,
                                                             std::int64_t rows, const float* observed) const {
  const std::int64_t d = columns();
  std::vector<LossTerms<double>> losses(std::max<std::int64_t>(rows, 0));
  // In blocks of as many rows as have no more distinct patterns between them than the cache may hold.
  for (std::int64_t begin = 0, end = 0; begin < rows; begin = end) {
    std::unordered_map<Pattern, std::size_t> index;  // pattern -> its place in `distinct`
    std::vector<Pattern> distinct;
    std::vector<std::size_t> place;  // of each row's pattern
    for (Pattern bits; end < rows; ++end) {
      read_pattern(mask + end * d, observed ? observed + end * d : nullptr, d, end, bits);
      auto found = index.find(bits);
      if (found == index.end()) {
        if (distinct.size() == cache_capacity(d)) break;
        found = index.emplace(bits, distinct.size()).first;
        distinct.push_back(bits);
      }
      place.push_back(found->second);
    }
    const std::vector<AxesPtr> axes = cached_axes(distinct);
    const auto some_rows = [&](std::int64_t from, std::int64_t to) {
      std::vector<double> centred(d);  // x - mean
      for (std::int64_t r = begin + from; r < begin + to; ++r) {
        for (std::int64_t i = 0; i < d; ++i) {
          const bool there = !observed || observed[r * d + i] == 1.0f;
          centred[i] = there ? x[r * d + i] - mean_[i] : 0;  // a missing entry may be a NaN
        }
        const std::size_t p = place[r - begin];
        losses[r] = row_loss(*axes[p], centred, withheld(distinct[p]));
      }
    };
    parallel_ranges(end - begin, 64, RangeWork(some_rows));
  }
  return losses;
}

std::int64_t affordable_masks(std::int64_t columns, std::int64_t least, std::int64_t most) {
  const double d = double(columns);
  return std::clamp(std::int64_t(5e8 / (d * d * d)), least, most);
}

AverageOptimum GaussianOptimum::weighted_mean(const WeightedPatterns& w) const {
  const std::vector<std::vector<double>> all = variances(w.patterns);  // of each pattern, descending
  AverageOptimum mean;
  mean.masks = std::int64_t(w.patterns.size());
  mean.kl_per_latent.assign(columns(), 0.0);
  std::vector<double> losses;
  for (std::size_t m = 0; m < all.size(); ++m) {
    const double weight = w.weights[m];
    Optimum sum;
    for (std::size_t k = 0; k < all[m].size(); ++k) {  // descending variances: descending KLs
      const Optimum b = of_axis(all[m][k]);
      sum += b;
      mean.kl_per_latent[k] += weight * b.kl;
    }
    for (std::int64_t k = std::int64_t(all[m].size()); k < withheld(w.patterns[m]); ++k) sum += of_axis(0);
    mean += weight * sum;
    losses.push_back(sum.loss);
  }
  mean.loss_stderr = sampling_error(w, losses, mean.loss);
  if (std::isnan(mean.active)) mean.kl_per_latent.clear();  // with nothing withheld it is 0
  return mean;
}

Optimum GaussianEntropy::of_axis(double variance) const {
  Optimum b{{0, no_number, no_number}, no_number};
  const double v = std::max(variance, least_);
  b.loss = 0.5 * (std::log(2 * std::numbers::pi * v) + variance / v);
  return b;
}

LossTerms<double> GaussianEntropy::row_of_axis(double u, double variance) const {
  const double v = std::max(variance, least_);
  return {0.5 * (std::log(2 * std::numbers::pi * v) + u * u / v), no_number, no_number};
}

PrincipalAxes GaussianOptimum::axes_of(const Pattern& pattern) const {
  const auto middle = pattern.begin() + columns();
  return principal_axes(covariance_, Mask(pattern.begin(), middle), Mask(middle, pattern.end()));
}

std::vector<std::vector<double>> GaussianOptimum::variances(const std::vector<Pattern>& patterns) const {
  std::vector<std::vector<double>> all(patterns.size());
  parallel_tasks(std::int64_t(patterns.size()), [&](std::int64_t i) {
    const auto middle = patterns[i].begin() + columns();
    all[i] =
        principal_variances(covariance_, Mask(patterns[i].begin(), middle), Mask(middle, patterns[i].end()));
  });
  return all;
}

std::vector<GaussianOptimum::AxesPtr> GaussianOptimum::cached_axes(const std::vector<Pattern>& patterns) const {
  std::vector<AxesPtr> axes(patterns.size());
  std::vector<std::size_t> absent;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      const auto found = cache_.find(patterns[i]);
      if (found != cache_.end())
        axes[i] = found->second;
      else
        absent.push_back(i);
    }
  }
  parallel_tasks(std::int64_t(absent.size()), [&](std::int64_t i) {
    axes[absent[i]] = std::make_shared<const PrincipalAxes>(axes_of(patterns[absent[i]]));
  });
  const std::lock_guard lock(mutex_);
  if (cache_.size() + absent.size() > cache_capacity(columns()))
    cache_.clear();  // what is in use lives on in `axes`
  for (const std::size_t i : absent) cache_.emplace(patterns[i], axes[i]);
  return axes;
}

}  // namespace elbow
