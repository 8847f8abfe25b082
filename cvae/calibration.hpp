#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "metrics/forecast_scores.hpp"

namespace elbow {

/// How well the model's conditional distributions p(x_withheld | x_given) forecast test rows: one feature, or all of them. All
/// scores are means over withheld entries that are not missing, the errors over rows. A number that does not exist is NaN.
struct Calibration {
  static constexpr std::array<double, 3> probabilities = {0.5, 0.9, 0.95};
  static constexpr int64_t bins = 20;

  /// A score of the model's draws, and the same of the exact conditional distribution of a Gaussian set on the first rows (all, of
  /// sets that are not wide), less which it is the excess, by pairs.
  struct Score {
    Estimate model = {no_number, no_number}, exact = model, excess = model;
  };

  std::string name;      ///< of the feature; "all"
  int64_t feature = -1;  ///< its number; -1: all of them
  int64_t entries = 0;   ///< that were scored
  bool numeric = true;   ///< whether there are numbers among them
  /// [probabilities]: the share of truths within the central intervals; of numbers.
  std::array<Estimate, 3> coverage = {};
  Score crps;      ///< of numbers, in the units of x
  Estimate brier;  ///< of binary features (p - o)^2; of categorical ones the sum over the categories
  Score energy;    ///< energy score of the withheld numbers of a row; of all features
  /// The histogram of the PIT [bins]: densities, 1 where the forecast is perfect. Of all features: of numbers, if there are any.
  std::vector<double> pit = std::vector<double>(size_t(bins), no_number);
  /// All densities of a calibrated model are within 1 +- band with a probability of 95% or a little more.
  double band = no_number;
  /// The root mean square of the densities' distances from 1, in units of that of a calibrated model: about 1 is fine.
  double deviation = no_number;
};

/// What was found of a model.
struct CalibrationResult {
  int64_t rows = 0, draws = 0;  ///< test rows, and draws for each
  Calibration all;
  std::vector<Calibration> features;  ///< [features], in their order
};

/// Whether the model has conditional distributions: the condition is made of features, not all of which are given; the loss is
/// that of a distribution; and the rows have at most 512 columns.
bool has_calibration(const Experiment& experiment);

/// Draws x_withheld | x_given from the model for the first test rows under the masks of test_losses, so often as the settings
/// calibration_rows and calibration_draws say: z ~ p(z | c), then x ~ p(x | z, c). The draws are scored on what the rows hold.
/// Works in evaluation mode, some rows at a time: the draws take up to 32 MiB, and each entry of the rows some 60 bytes. The same bits for any number of threads. Error unless
/// has_calibration.
CalibrationResult calibration_of(const Experiment& experiment);

}  // namespace elbow
