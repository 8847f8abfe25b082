#include "metrics/mutual_information.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "metrics/results.hpp"

namespace elbow {
namespace {

/// How often each label occurs [labels].
std::vector<double> label_counts(const std::vector<int32_t>& labels) {
  std::vector<double> counts(labels.empty() ? 0 : size_t(*std::max_element(labels.begin(), labels.end())) + 1);
  for (const int32_t label : labels) ++counts[size_t(label)];
  return counts;
}

}  // namespace

std::vector<int32_t> equal_width_bins(const std::vector<double>& values, int64_t bins) {
  if (values.empty() || bins < 1) fail("equal_width_bins", "expects values and at least one bin");
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }))
    fail("equal_width_bins", "a value is not finite");
  const double from = *low, width = (*high - from) / double(bins);
  std::vector<int32_t> bin;
  for (const double v : values)
    bin.push_back(width > 0 ? int32_t(std::min((v - from) / width, double(bins - 1))) : 0);
  return bin;
}

double entropy_of(const std::vector<int32_t>& labels) {
  const auto n = double(labels.size());
  double entropy = 0;
  for (const double count : label_counts(labels))
    if (count > 0) entropy -= count / n * std::log(count / n);
  return std::max(entropy, 0.0);
}

double mutual_information(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  if (a.size() != b.size()) fail("mutual_information", a.size(), " and ", b.size(), " labels are no pairs");
  const auto n = double(a.size());
  const std::vector<double> in_a = label_counts(a), in_b = label_counts(b);
  std::vector<double> pairs(in_a.size() * in_b.size(), 0.0);
  for (size_t i = 0; i < a.size(); ++i) ++pairs[size_t(a[i]) * in_b.size() + size_t(b[i])];
  double information = 0;
  for (size_t i = 0; i < in_a.size(); ++i)
    for (size_t j = 0; j < in_b.size(); ++j) {
      const double both = pairs[i * in_b.size() + j];
      if (both > 0) information += both / n * std::log(both * n / (in_a[i] * in_b[j]));
    }
  return std::max(information, 0.0);  // which rounding may bring it below
}

double mutual_information_gap(const Matrix& information, const std::vector<double>& entropies) {
  if (information.cols != int64_t(entropies.size()))
    fail("mutual_information_gap", information.cols, " factors have ", entropies.size(), " entropies");
  double sum = 0, factors = 0;
  for (int64_t k = 0; k < information.cols; ++k) {
    if (!(entropies[size_t(k)] > 0)) continue;
    double first = 0, second = 0;
    for (int64_t l = 0; l < information.rows; ++l) {
      const double here = information(l, k);
      second = std::max(second, std::min(here, first));
      first = std::max(first, here);
    }
    sum += (first - second) / entropies[size_t(k)];
    ++factors;
  }
  return factors > 0 ? sum / factors : no_number;
}

}  // namespace elbow
