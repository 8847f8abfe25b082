#include "metrics/imputation_scores.hpp"

#include <cmath>

#include "metrics/results.hpp"

namespace elbow {

double mean_of_numbers(std::span<const double> values) {
  double sum = 0, n = 0;
  for (const double v : values)
    if (!std::isnan(v)) sum += v, n += 1;
  return n > 0 ? sum / n : no_number;
}

double standard_deviation(std::span<const double> values) {
  const double mean = mean_of_numbers(values);
  double squares = 0, n = 0;
  for (const double v : values)
    if (!std::isnan(v)) squares += (v - mean) * (v - mean), n += 1;
  return n > 0 ? std::sqrt(squares / n) : no_number;
}

double normalised_rmse(std::span<const double> imputed, std::span<const double> truth, double unit) {
  if (truth.empty() || !(unit > 0)) return no_number;
  double squares = 0;
  for (size_t i = 0; i < truth.size(); ++i) squares += (imputed[i] - truth[i]) * (imputed[i] - truth[i]);
  return std::sqrt(squares / double(truth.size())) / unit;
}

double normalised_mae(std::span<const double> imputed, std::span<const double> truth, double unit) {
  if (truth.empty() || !(unit > 0)) return no_number;
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) sum += std::abs(imputed[i] - truth[i]);
  return sum / double(truth.size()) / unit;
}

double falsely_classified(std::span<const int32_t> imputed, std::span<const int32_t> truth) {
  if (truth.empty()) return no_number;
  double wrong = 0;
  for (size_t i = 0; i < truth.size(); ++i) wrong += imputed[i] != truth[i];
  return wrong / double(truth.size());
}

}  // namespace elbow
