// The averages of the bound over masks: which masks, with which weights.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "autograd/error.hpp"
#include "cvae/bound.hpp"

namespace elbow {
namespace {

/// Masks and their weights, which add up to 1. `sampled`: drawn, rather than all there are.
struct WeightedMasks {
  std::vector<Mask> masks;
  std::vector<double> weights;
  bool sampled = false;
};

/// Uniform in [0, 1). Of our own because the standard library's distributions differ from one library to the
/// next.
double uniform(std::mt19937_64& engine) { return double(engine() >> 11) * 0x1p-53; }

void check_max_masks(std::int64_t max_masks) {
  if (max_masks < 2) fail("bound", "max_masks is ", max_masks, "; it must be at least 2");
}

/// n choose k, as a double: only compared with max_masks.
double choose(std::int64_t n, std::int64_t k) {
  double c = 1;
  k = std::min(k, n - k);
  for (std::int64_t i = 1; i <= k; ++i) c = c * double(n - k + i) / double(i);
  return std::round(c);
}

WeightedMasks bernoulli_masks(std::int64_t d, double p, std::int64_t max_masks, std::uint64_t seed) {
  WeightedMasks w;
  if (std::ldexp(1.0, int(d)) <= double(max_masks)) {
    for (std::uint64_t bits = 0; bits < (std::uint64_t(1) << d); ++bits) {
      Mask mask(d);
      double weight = 1;
      for (std::int64_t i = 0; i < d; ++i) {
        mask[i] = (bits >> i) & 1;
        weight *= mask[i] ? p : 1 - p;
      }
      w.masks.push_back(std::move(mask));
      w.weights.push_back(weight);
    }
    return w;
  }
  std::mt19937_64 engine(seed);
  w.sampled = true;
  w.weights.assign(max_masks, 1.0 / double(max_masks));
  for (std::int64_t n = 0; n < max_masks; ++n) {
    Mask mask(d);
    for (std::int64_t i = 0; i < d; ++i) mask[i] = uniform(engine) < p;
    w.masks.push_back(std::move(mask));
  }
  return w;
}

WeightedMasks subset_masks(std::int64_t d, std::int64_t given, std::int64_t max_masks, std::uint64_t seed) {
  WeightedMasks w;
  Mask mask(d);
  std::fill_n(mask.begin(), given, true);
  if (choose(d, given) <= double(max_masks)) {
    do w.masks.push_back(mask);
    while (std::prev_permutation(mask.begin(), mask.end()));
  } else {
    std::mt19937_64 engine(seed);
    w.sampled = true;
    std::vector<std::int64_t> order(d);
    std::iota(order.begin(), order.end(), 0);
    for (std::int64_t n = 0; n < max_masks; ++n) {
      mask.assign(d, false);
      for (std::int64_t i = 0; i < given; ++i) {  // the first steps of a Fisher-Yates shuffle
        std::swap(order[i], order[i + std::int64_t(uniform(engine) * double(d - i))]);
        mask[order[i]] = true;
      }
      w.masks.push_back(mask);
    }
  }
  w.weights.assign(w.masks.size(), 1.0 / double(w.masks.size()));
  return w;
}

CountBound weighted_mean(const WeightedMasks& w, const std::vector<std::vector<double>>& variances,
                         std::int64_t d, double beta) {
  CountBound mean;
  mean.masks = std::int64_t(w.masks.size());
  mean.kl_per_latent.assign(d, 0.0);
  std::vector<double> losses;
  for (std::size_t m = 0; m < variances.size(); ++m) {
    const double weight = w.weights[m];
    double loss = 0;
    for (std::size_t k = 0; k < variances[m].size(); ++k) {  // descending variances: descending KLs
      const Bound b = axis_bound(variances[m][k], beta);
      loss += b.loss;
      mean.distortion += weight * b.distortion;
      mean.kl += weight * b.kl;
      mean.active += weight * b.active;
      mean.kl_per_latent[k] += weight * b.kl;
    }
    mean.loss += weight * loss;
    losses.push_back(loss);
  }
  if (w.sampled) {
    double squares = 0;
    for (const double loss : losses) squares += (loss - mean.loss) * (loss - mean.loss);
    mean.loss_stderr = std::sqrt(squares / double(mean.masks - 1) / double(mean.masks));
  }
  return mean;
}

}  // namespace

AverageBound GaussianBound::average(double p_given, std::int64_t max_masks, std::uint64_t seed) const {
  check_max_masks(max_masks);
  if (!(p_given >= 0 && p_given <= 1)) fail("bound", "p_given is ", p_given, "; it must lie in [0, 1]");
  const WeightedMasks w = bernoulli_masks(columns(), p_given, max_masks, seed);
  return weighted_mean(w, variances(w.masks), columns(), beta_);
}

CountBound GaussianBound::at_count(std::int64_t given, std::int64_t max_masks, std::uint64_t seed) const {
  check_max_masks(max_masks);
  if (given < 0 || given > columns())
    fail("bound", given, " columns of a set of ", columns(), " cannot be given");
  const WeightedMasks w = subset_masks(columns(), given, max_masks, seed + std::uint64_t(given));
  CountBound bound = weighted_mean(w, variances(w.masks), columns(), beta_);
  bound.given = given;
  return bound;
}

std::vector<CountBound> GaussianBound::per_count(std::int64_t max_masks, std::uint64_t seed) const {
  std::vector<CountBound> counts;
  for (std::int64_t given = 0; given <= columns(); ++given) counts.push_back(at_count(given, max_masks, seed));
  return counts;
}

}  // namespace elbow
