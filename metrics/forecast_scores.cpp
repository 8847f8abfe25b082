#include "metrics/forecast_scores.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace elbow {

double fair_crps(std::span<const float> sorted, double truth) {
  const auto m = double(sorted.size());
  double error = 0,
         spread = 0;  // spread: the sum of X_j - X_i over i < j, in which the i-th comes 2 i - M + 1 times
  for (size_t i = 0; i < sorted.size(); ++i) {
    error += std::abs(sorted[i] - truth);
    spread += (2 * double(i) - m + 1) * sorted[i];
  }
  return error / m - spread / (m * (m - 1));
}

double fair_energy_score(std::span<const float> draws, std::span<const float> truth) {
  const size_t d = truth.size(), m = draws.size() / d;
  const auto distance = [d](const float* a, const float* b) {
    float squares = 0;
    for (size_t i = 0; i < d; ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
    return double(std::sqrt(squares));
  };
  double error = 0, spread = 0;
  for (size_t i = 0; i < m; ++i) {
    error += distance(&draws[i * d], truth.data());
    for (size_t j = 0; j < i; ++j) spread += distance(&draws[i * d], &draws[j * d]);
  }
  return error / double(m) - spread / (double(m) * double(m - 1));
}

double fair_brier(int64_t hits, int64_t draws, bool truth) {
  const double p = double(hits) / double(draws), off = p - double(truth);
  return off * off - p * (1 - p) / double(draws - 1);
}

double normal_crps(double truth, double mean, double deviation) {
  if (!(deviation > 0)) return std::abs(truth - mean);
  const double z = (truth - mean) / deviation;
  const double density = std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  const double centred = std::erf(z / std::numbers::sqrt2);  // 2 Phi(z) - 1
  return deviation * (z * centred + 2 * density - std::numbers::inv_sqrtpi);
}

double PitInterval::covered(double probability) const {
  const double from = (1 - probability) / 2, to = 1 - from;
  return std::max(0.0, std::min(high, to) - std::max(low, from)) / (high - low);
}

PitInterval pit_interval(std::span<const float> draws, double truth) {
  int64_t below = 0, equal = 0;
  for (const float v : draws) below += v < truth, equal += v == truth;
  const double pieces = double(draws.size()) + 1;
  return {double(below) / pieces, double(below + equal + 1) / pieces};
}

Estimate grouped_mean(const std::vector<double>& sums, const std::vector<int64_t>& counts) {
  double sum = 0, n = 0, groups = 0, squares = 0;
  for (size_t g = 0; g < sums.size(); ++g) sum += sums[g], n += double(counts[g]), groups += counts[g] > 0;
  if (n == 0) return {no_number, no_number};
  const double mean = sum / n;
  for (size_t g = 0; g < sums.size(); ++g) squares += std::pow(sums[g] - mean * double(counts[g]), 2);
  return {mean, groups > 1 ? std::sqrt(squares * groups / (groups - 1)) / n : no_number};
}

}  // namespace elbow
