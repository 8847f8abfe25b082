#include "cvae/bound.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "autograd/error.hpp"

namespace elbow {
namespace {

/// body(i) for 0 <= i < n on all threads; rethrows one of the errors, which must not leave an OpenMP region by
/// themselves. Inside the region BLAS stays on the calling thread, so that results do not depend on their
/// number.
template <class Body> void parallel_for(std::int64_t n, const Body& body) {
  std::exception_ptr error;
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = 0; i < n; ++i) {
    try {
      body(i);
    } catch (...) {
#pragma omp critical(elbow_bound_error)
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

/// How many masks' axes are kept: about 64 MiB of them. All 2^d masks of narrow sets fit many times over; with
/// hundreds of columns a random mask never comes twice and keeping more would only fill the memory.
std::size_t cache_capacity(std::int64_t d) {
  const std::size_t bytes_per_mask = std::size_t(d * (d + 2)) * sizeof(double) + 256;
  return std::max<std::size_t>(1, (std::size_t(64) << 20) / bytes_per_mask);
}

void read_mask(const float* entries, std::int64_t row, Mask& mask) {
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (entries[i] != 0.0f && entries[i] != 1.0f)
      fail("bound", "mask row ", row, ", column ", i, ": ", entries[i],
           " is neither 0 (withheld) nor 1 (given)");
    mask[i] = entries[i] == 1.0f;
  }
}

}  // namespace

Bound axis_bound(double variance, double beta) {
  const double level = beta / 2;
  Bound b;
  b.distortion = std::min(variance, level);
  if (variance > level) b.kl = std::log(variance / level) / 2;
  b.active = variance > level * (1 + 1e-9);
  b.loss = b.distortion + beta * b.kl;
  return b;
}

RowLoss axis_row_loss(double u, double variance, double beta) {
  if (variance <= beta / 2) return {u * u, u * u, 0};
  const double s2 = beta / (2 * variance);  // the encoder's variance; its mean is a u
  const double a2 = (1 - s2) / variance;
  RowLoss r;
  r.kl = (a2 * u * u + s2 - 1 - std::log(s2)) / 2;
  r.distortion = u * u * s2 * s2 + variance * s2 * (1 - s2);
  r.loss = r.distortion + beta * r.kl;
  return r;
}

GaussianBound::GaussianBound(std::vector<double> mean, Matrix covariance, double beta)
    : mean_(std::move(mean)), covariance_(std::move(covariance)), beta_(beta) {
  const std::int64_t d = columns();
  if (d == 0 || covariance_.rows != d || covariance_.cols != d)
    fail("bound", "mean [", d, "] and covariance [", covariance_.rows, ",", covariance_.cols,
         "] are not [d] and [d,d] with d > 0");
  if (!(std::isfinite(beta) && beta > 0)) fail("bound", "beta is ", beta, "; it must be finite and above 0");
  for (const double m : mean_)
    if (!std::isfinite(m)) fail("bound", "the mean has a non-finite element");
  const std::vector<double> spectrum = symmetric_eigen(covariance_).values;
  const double tolerance = 1e-10 * std::max(spectrum.front(), 0.0);
  for (std::int64_t r = 0; r < d; ++r)
    for (std::int64_t c = 0; c < r; ++c)
      if (std::abs(covariance_(r, c) - covariance_(c, r)) > tolerance)
        fail("bound", "the covariance is not symmetric at (", r, ",", c, "): ", covariance_(r, c), " and ",
             covariance_(c, r));
  if (spectrum.back() < -tolerance)
    fail("bound", "the covariance is not positive semi-definite: it has the eigenvalue ", spectrum.back());
}

Bound GaussianBound::at(const Mask& mask) const {
  if (std::int64_t(mask.size()) != columns())
    fail("bound", "a mask of ", mask.size(), " columns for a set of ", columns());
  const AxesPtr axes = axes_of({mask})[0];  // held here: another thread may empty the cache meanwhile
  Bound sum;
  for (const double variance : axes->variances) {
    const Bound b = axis_bound(variance, beta_);
    sum.loss += b.loss, sum.distortion += b.distortion, sum.kl += b.kl, sum.active += b.active;
  }
  return sum;
}

RowLoss GaussianBound::optimal_row(const float* x, const float* mask) const {
  return optimal_rows(x, mask, 1)[0];
}

std::vector<RowLoss> GaussianBound::optimal_rows(const float* x, const float* mask, std::int64_t rows) const {
  const std::int64_t d = columns();
  std::vector<RowLoss> losses(std::max<std::int64_t>(rows, 0));
  // In blocks of as many rows as have no more distinct masks between them than the cache may hold.
  for (std::int64_t begin = 0, end = 0; begin < rows; begin = end) {
    std::unordered_map<Mask, std::size_t> index;  // mask -> its place in `distinct`
    std::vector<Mask> distinct;
    std::vector<std::size_t> place;  // of each row's mask
    for (Mask bits(d); end < rows; ++end) {
      read_mask(mask + end * d, end, bits);
      auto found = index.find(bits);
      if (found == index.end()) {
        if (distinct.size() == cache_capacity(d)) break;
        found = index.emplace(bits, distinct.size()).first;
        distinct.push_back(bits);
      }
      place.push_back(found->second);
    }
    const std::vector<AxesPtr> axes = axes_of(distinct);
#pragma omp parallel for schedule(static)
    for (std::int64_t r = begin; r < end; ++r) losses[r] = row_loss(*axes[place[r - begin]], x + r * d);
  }
  return losses;
}

RowLoss GaussianBound::row_loss(const PrincipalAxes& axes, const float* x) const {
  RowLoss sum;
  for (std::size_t k = 0; k < axes.variances.size(); ++k) {
    double u = 0;
    for (std::int64_t i = 0; i < columns(); ++i) u += axes.innovations(std::int64_t(k), i) * (x[i] - mean_[i]);
    const RowLoss r = axis_row_loss(u, axes.variances[k], beta_);
    sum.loss += r.loss, sum.distortion += r.distortion, sum.kl += r.kl;
  }
  return sum;
}

std::vector<std::vector<double>> GaussianBound::variances(const std::vector<Mask>& masks) const {
  std::vector<std::vector<double>> all(masks.size());
  parallel_for(std::int64_t(masks.size()),
               [&](std::int64_t i) { all[i] = principal_axes(covariance_, masks[i]).variances; });
  return all;
}

std::vector<GaussianBound::AxesPtr> GaussianBound::axes_of(const std::vector<Mask>& masks) const {
  std::vector<AxesPtr> axes(masks.size());
  std::vector<std::size_t> missing;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < masks.size(); ++i) {
      const auto found = cache_.find(masks[i]);
      if (found != cache_.end())
        axes[i] = found->second;
      else
        missing.push_back(i);
    }
  }
  parallel_for(std::int64_t(missing.size()), [&](std::int64_t i) {
    axes[missing[i]] = std::make_shared<const PrincipalAxes>(principal_axes(covariance_, masks[missing[i]]));
  });
  const std::lock_guard lock(mutex_);
  if (cache_.size() + missing.size() > cache_capacity(columns()))
    cache_.clear();  // what is in use lives on in `axes`
  for (const std::size_t i : missing) cache_.emplace(masks[i], axes[i]);
  return axes;
}

}  // namespace elbow
