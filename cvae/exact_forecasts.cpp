#include "cvae/exact_forecasts.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"

namespace elbow {

int64_t ExactForecasts::most_rows(int64_t columns) {
  const double d = double(columns);
  const auto rows = int64_t(std::min(1e9, 1e9 / (d * d * d)));
  return rows < 64 ? 0 : rows;
}

void ExactForecasts::prepare(const float* mask, const float* observed, int64_t rows) {
  const auto d = int64_t(gaussian_.mean.size());
  constexpr size_t most_elements = 1 << 22;  // that are kept: 64 MiB
  if (forecasts_.size() * size_t(2 * d * d) > most_elements) forecasts_.clear();
  std::vector<std::pair<const Mask, Forecast>*> fresh;
  of_row_.clear();
  for (int64_t r = 0; r < rows; ++r) {
    Mask key(size_t(2 * d), true);
    for (int64_t i = 0; i < d; ++i) {
      key[size_t(i)] = mask[r * d + i] == 1;
      if (observed) key[size_t(d + i)] = observed[r * d + i] == 1;
    }
    const auto [at, is_new] = forecasts_.try_emplace(std::move(key));
    if (is_new) fresh.push_back(&*at);
    of_row_.push_back(&at->second);
  }
  parallel_for(int64_t(fresh.size()), 8 * int64_t(fresh.size()) * d * d * d, [&](int64_t i) {
    auto& [key, forecast] = *fresh[size_t(i)];
    forecast.law = condition_on(gaussian_.covariance, Mask(key.begin(), key.begin() + d),
                                Mask(key.begin() + d, key.end()));
    const EigenSystem axes = symmetric_eigen(forecast.law.covariance);
    forecast.factor = transpose(axes.vectors);
    for (int64_t w = 0; w < forecast.factor.rows; ++w)
      for (int64_t k = 0; k < forecast.factor.cols; ++k)
        forecast.factor(w, k) *= std::sqrt(std::max(0.0, axes.values[size_t(k)]));
  });
}

std::vector<double> ExactForecasts::means(const Forecast& f, const float* x) const {
  const auto& [given, withheld] = f.law.columns;
  std::vector<double> out;
  for (size_t w = 0; w < withheld.size(); ++w) {
    out.push_back(gaussian_.mean[size_t(withheld[w])]);
    for (size_t g = 0; g < given.size(); ++g)
      out[w] += f.law.regression(int64_t(w), int64_t(g)) * (x[given[g]] - gaussian_.mean[size_t(given[g])]);
  }
  return out;
}

std::vector<float> ExactForecasts::draw(const Forecast& f, const std::vector<double>& means, int64_t draws,
                                        const RandomKey& key) {
  const auto w = int64_t(means.size());
  std::vector<float> normals(size_t(draws * w)), out(normals.size());
  fill_normal(key, normals.data(), int64_t(normals.size()));
  for (int64_t m = 0; m < draws; ++m)
    for (int64_t i = 0; i < w; ++i) {
      double value = means[size_t(i)];
      for (int64_t k = 0; k < w; ++k) value += f.factor(i, k) * normals[size_t(m * w + k)];
      out[size_t(m * w + i)] = float(value);
    }
  return out;
}

}  // namespace elbow
