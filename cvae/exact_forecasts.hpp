#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "autograd/random.hpp"
#include "cvae/gaussian.hpp"
#include "data/dataset.hpp"

namespace elbow {

/// The exact distributions p(x_withheld | x_given) of the rows of a Gaussian set, as forecasts to compare a model's with.
class ExactForecasts {
 public:
  /// Refers to the distribution, which must live on.
  explicit ExactForecasts(const GaussianDistribution& gaussian) : gaussian_(gaussian) {}

  /// For how many rows a comparison may take these forecasts, at O(columns^3) each: about a second's work; 0 where so few rows would say
  /// nothing.
  static int64_t most_rows(int64_t columns);

  /// What is withheld from a row, but for its mean, which depends on what is given.
  struct Forecast {
    ConditionalGaussian law;
    Matrix factor;  ///< [withheld, withheld]: a draw is mean + factor n, n ~ N(0, I)
  };
  /// Computes the forecasts of some rows, in parallel: mask and observed [rows, columns] (null: nothing is missing), 1 = given, there.
  /// What depends on these alone is kept for later calls.
  void prepare(const float* mask, const float* observed, int64_t rows);

  /// @name Of the rows that were prepared last
  /// @{
  bool knows(int64_t row) const { return row < int64_t(of_row_.size()); }
  const Forecast& of_row(int64_t row) const { return *of_row_[size_t(row)]; }
  /// @}

  /// The means [withheld] for a row x [columns].
  std::vector<double> means(const Forecast& forecast, const float* x) const;
  /// Draws from a forecast with these means: [draws, withheld].
  static std::vector<float> draw(const Forecast& forecast, const std::vector<double>& means, int64_t draws,
                                 const RandomKey& key);

 private:
  const GaussianDistribution& gaussian_;
  std::unordered_map<Mask, Forecast> forecasts_;  // by [given, observed], [2 columns]
  std::vector<const Forecast*> of_row_;
};

}  // namespace elbow
