// The averages of the optimum over masks: which masks, with which weights.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "base/error.hpp"
#include "cvae/known_optimum.hpp"
#include "cvae/subsets.hpp"

namespace elbow {
namespace {

/// Uniform in [0, 1). Of our own because the standard library's distributions differ from one library to the
/// next.
double uniform(std::mt19937_64& engine) { return double(engine() >> 11) * 0x1p-53; }

void check_max_masks(std::int64_t max_masks) {
  if (max_masks < 2) fail("bound", "max_masks is ", max_masks, "; it must be at least 2");
}

void check_probability(const char* what, double p) {
  if (!(p >= 0 && p <= 1)) fail("bound", what, " is ", p, "; it must lie in [0, 1]");
}

void check_distribution(const MissingDistribution& missing, double p_given) {
  check_probability("p_given", p_given);
  check_probability("the share of rows with missing entries", missing.rows);
  check_probability("the share of missing entries", missing.entries);
}

WeightedPatterns bernoulli_masks(std::int64_t d, double p, std::int64_t max_masks, std::uint64_t seed) {
  WeightedPatterns w;
  if (std::ldexp(1.0, int(d)) <= double(max_masks)) {
    for (std::uint64_t bits = 0; bits < (std::uint64_t(1) << d); ++bits) {
      Mask mask(d);
      double weight = 1;
      for (std::int64_t i = 0; i < d; ++i) {
        mask[i] = (bits >> i) & 1;
        weight *= mask[i] ? p : 1 - p;
      }
      w.add(std::move(mask), weight);
    }
    return w;
  }
  std::mt19937_64 engine(seed);
  w.sampled = true;
  w.weights.assign(max_masks, 1.0 / double(max_masks));
  for (std::int64_t n = 0; n < max_masks; ++n) {
    Mask mask(d);
    for (std::int64_t i = 0; i < d; ++i) mask[i] = uniform(engine) < p;
    w.patterns.push_back(std::move(mask));
  }
  return w;
}

WeightedPatterns subset_masks(std::int64_t d, std::int64_t given, std::int64_t max_masks, std::uint64_t seed) {
  WeightedPatterns w;
  if (binomial(d, given) <= double(max_masks)) {
    w.patterns = subsets_of_size(d, given);
  } else {
    std::mt19937_64 engine(seed);
    w.sampled = true;
    std::vector<std::int64_t> order(d);
    std::iota(order.begin(), order.end(), 0);
    for (std::int64_t n = 0; n < max_masks; ++n) {
      Mask mask(d);
      for (std::int64_t i = 0; i < given; ++i) {  // the first steps of a Fisher-Yates shuffle
        std::swap(order[i], order[i + std::int64_t(uniform(engine) * double(d - i))]);
        mask[order[i]] = true;
      }
      w.patterns.push_back(mask);
    }
  }
  w.weights.assign(w.patterns.size(), 1.0 / double(w.patterns.size()));
  return w;
}

/// The patterns [2 d] of rows with missing entries, and of those without.
WeightedPatterns bernoulli_patterns(std::int64_t d, double p, std::int64_t max_masks, std::uint64_t seed,
                                    const MissingDistribution& missing) {
  WeightedPatterns w;
  if (std::ldexp(1.0, int(d)) + std::pow(3.0, double(d)) <= double(max_masks)) {
    w = bernoulli_masks(d, p, max_masks, seed);
    for (double& weight : w.weights) weight *= 1 - missing.rows;
    const double probability[3] = {(1 - missing.entries) * (1 - p), (1 - missing.entries) * p, missing.entries};
    for (std::int64_t code = 0; code < std::llround(std::pow(3.0, double(d))); ++code) {
      Mask pattern(2 * d);
      double weight = missing.rows;
      std::int64_t digits = code;  // in base 3: 0 withheld, 1 given, 2 missing
      for (std::int64_t i = 0; i < d; ++i, digits /= 3) {
        pattern[i] = digits % 3 == 1;
        pattern[d + i] = digits % 3 != 2;
        weight *= probability[digits % 3];
      }
      w.add(std::move(pattern), weight);
    }
    return w;
  }
  std::mt19937_64 engine(seed);
  w.sampled = true;
  for (std::int64_t n = 0; n < max_masks; ++n) {
    Mask pattern(2 * d);
    const double p_missing = uniform(engine) < missing.rows ? missing.entries : 0;
    for (std::int64_t i = 0; i < d; ++i) {
      pattern[d + i] = uniform(engine) >= p_missing;
      pattern[i] = uniform(engine) < p && pattern[d + i];
    }
    w.add(std::move(pattern), 1.0 / double(max_masks));
  }
  return w;
}

/// The patterns [2 d] with `given` given columns. The given ones are any, equally likely; of the others, in a row with
/// missing entries, each is missing or withheld independently.
WeightedPatterns subset_patterns(std::int64_t d, std::int64_t given, std::int64_t max_masks, std::uint64_t seed,
                                 const MissingDistribution& missing, double p) {
  // ln P(row of that kind and its count is `given`), both less ln((d choose given) p^given), which may be -infinity.
  const auto ln_power = [](double base, std::int64_t n) { return n == 0 ? 0 : double(n) * std::log(base); };
  const double there = 1 - missing.entries;
  const double complete = std::log(1 - missing.rows) + ln_power(1 - p, d - given);
  const double incomplete =
      std::log(missing.rows) + ln_power(there, given) + ln_power(1 - there * p, d - given);
  if (std::isinf(complete) && std::isinf(incomplete))
    fail("bound", "no row has ", given, " given columns of ", d);
  const double p_incomplete = 1 / (1 + std::exp(complete - incomplete));
  const double not_given = 1 - there * p;  // of an entry of a row with missing entries: missing or withheld
  const double p_missing = not_given > 0 ? missing.entries / not_given : 0;

  WeightedPatterns w;
  const double missing_sets = std::ldexp(1.0, int(d - given));
  w.sampled = binomial(d, given) * (1 + missing_sets) > double(max_masks);
  const auto add = [&](const Mask& mask, double weight, auto&& is_missing) {
    Mask pattern = mask;
    pattern.resize(2 * d, true);
    for (std::int64_t i = 0, other = 0; i < d; ++i)
      if (!mask[i] && is_missing(other++)) pattern[d + i] = false;
    w.add(std::move(pattern), weight);
  };
  if (w.sampled) {
    std::mt19937_64 engine(~seed);  // apart from the numbers that draw the subsets
    const WeightedPatterns subsets = subset_masks(d, given, max_masks, seed);
    for (std::int64_t n = 0; n < max_masks; ++n) {
      const auto any = std::size_t(uniform(engine) * double(subsets.patterns.size()));
      const double p_entry = uniform(engine) < p_incomplete ? p_missing : 0;
      add(subsets.patterns[subsets.sampled ? std::size_t(n) : any], 1.0 / double(max_masks),
          [&](std::int64_t) { return uniform(engine) < p_entry; });
    }
    return w;
  }
  for (const Mask& mask : subset_masks(d, given, max_masks, seed).patterns) {
    const double weight = 1 / binomial(d, given);
    add(mask, weight * (1 - p_incomplete), [](std::int64_t) { return false; });
    for (std::uint64_t bits = 0; bits < std::uint64_t(missing_sets); ++bits) {
      const int count = std::popcount(bits);
      add(mask,
          weight * p_incomplete * std::pow(p_missing, count) *
              std::pow(1 - p_missing, double(d - given - count)),
          [&](std::int64_t other) { return (bits >> other) & 1; });
    }
  }
  return w;
}

}  // namespace

void WeightedPatterns::add(Pattern pattern, double weight) {
  patterns.push_back(std::move(pattern));
  weights.push_back(weight);
}

double sampling_error(const WeightedPatterns& w, const std::vector<double>& losses, double mean) {
  if (!w.sampled) return 0;
  double squares = 0;
  for (const double loss : losses) squares += (loss - mean) * (loss - mean);
  return std::sqrt(squares / double(losses.size() - 1) / double(losses.size()));
}

void KnownOptimum::read_pattern(const float* mask, const float* observed, std::int64_t d, std::int64_t row,
                                Pattern& pattern) {
  pattern.resize(d);
  bool complete = true;
  for (std::int64_t i = 0; i < d; ++i) {
    if (mask[i] != 0.0f && mask[i] != 1.0f)
      fail("bound", "mask row ", row, ", column ", i, ": ", mask[i], " is neither 0 (withheld) nor 1 (given)");
    pattern[i] = mask[i] == 1.0f;
    if (!observed) continue;
    if (observed[i] != 0.0f && observed[i] != 1.0f)
      fail("bound", "observed row ", row, ", column ", i, ": ", observed[i], " is neither 0 (missing) nor 1");
    if (observed[i] == 0.0f && pattern[i])
      fail("bound", "mask row ", row, ", column ", i, ": a missing entry is given");
    complete &= observed[i] == 1.0f;
  }
  if (complete) return;
  pattern.resize(2 * d);
  for (std::int64_t i = 0; i < d; ++i) pattern[d + i] = observed[i] == 1.0f;
}

AverageOptimum KnownOptimum::average(double p_given, std::int64_t max_masks, std::uint64_t seed,
                                     const MissingDistribution& missing) const {
  check_max_masks(max_masks);
  check_distribution(missing, p_given);
  const WeightedPatterns w = missing.any() ? bernoulli_patterns(columns(), p_given, max_masks, seed, missing)
                                           : bernoulli_masks(columns(), p_given, max_masks, seed);
  return weighted_mean(w);
}

AverageOptimum KnownOptimum::average_uniform(std::int64_t max_masks, std::uint64_t seed) const {
  // Nodes and weights of 8 points on [-1, 1], which are exact to degree 15 (Abramowitz & Stegun 1964, table 25.4).
  constexpr double nodes[] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
  constexpr double weights[] = {0.3626837833783620, 0.3137066458778874, 0.2223810344533745, 0.1012285362903763};
  AverageOptimum mean;
  double variance = 0;
  for (int i = 0; i < 8; ++i) {
    const double p = 0.5 + (i < 4 ? 0.5 : -0.5) * nodes[i % 4], weight = weights[i % 4] / 2;
    const AverageOptimum b = average(p, max_masks, seed + std::uint64_t(i));
    mean += weight * b;
    mean.masks += b.masks;
    mean.gap += weight * b.gap;
    mean.kl_per_latent.resize(b.kl_per_latent.size());
    for (std::size_t k = 0; k < b.kl_per_latent.size(); ++k)
      mean.kl_per_latent[k] += weight * b.kl_per_latent[k];
    variance += weight * weight * b.loss_stderr * b.loss_stderr;
  }
  mean.loss_stderr = std::sqrt(variance);
  return mean;
}

AverageOptimum KnownOptimum::at_count(std::int64_t given, std::int64_t max_masks, std::uint64_t seed,
                                      const MissingDistribution& missing, double p_given) const {
  check_max_masks(max_masks);
  check_distribution(missing, p_given);
  if (given < 0 || given > columns())
    fail("bound", given, " columns of a set of ", columns(), " cannot be given");
  seed += std::uint64_t(given);
  const WeightedPatterns w = missing.any()
                                 ? subset_patterns(columns(), given, max_masks, seed, missing, p_given)
                                 : subset_masks(columns(), given, max_masks, seed);
  return weighted_mean(w);
}

std::vector<AverageOptimum> KnownOptimum::per_count(std::int64_t max_masks, std::uint64_t seed,
                                                    const MissingDistribution& missing, double p_given) const {
  std::vector<AverageOptimum> counts;
  for (std::int64_t given = 0; given <= columns(); ++given)
    counts.push_back(at_count(given, max_masks, seed, missing, p_given));
  return counts;
}

}  // namespace elbow
