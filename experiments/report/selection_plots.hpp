#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "metrics/results.hpp"

namespace elbow {

/// A greedy selection as its figures show it.
struct SelectionFigures {
  struct Step {
    std::string feature;  ///< the newly given one; empty where nothing is given
    Losses losses;
    Estimate gain;  ///< not a number where nothing is given
    std::optional<Optimum>
        exact;                  ///< the optimum: at a step of the exact order, or with this one feature given
    std::string exact_feature;  ///< the newly given one in the exact order, where that order is better by then
  };
  double beta = 1;
  std::vector<Step> steps;      ///< nothing given, then one more feature at each step
  std::vector<Step> first;      ///< each feature given alone, that of the lowest loss first
  std::vector<CountResult> kl;  ///< KL of each latent at some of the steps, largest first; given: the step
};

/// Bars of distortion and beta * KL on each other, which is the loss, as one feature after the other is given; where there is
/// an exact order, its optima as hollow circles. For greedy_barplots.png. This and the next ones throw Error like
/// run_gnuplot.
void plot_selection_steps(const SelectionFigures& selection, const std::filesystem::path& png);

/// A bar for each feature given alone, of the loss that it saves against nothing given, the most useful first; of more than
/// thirty the first and the last. For greedy_barplots_first_selection.png.
void plot_first_features(const SelectionFigures& selection, const std::filesystem::path& png);

/// KL of each latent dimension at the steps. For greedy_elbo_kld_rcl_dims.png.
void plot_selection_kl(const SelectionFigures& selection, const std::filesystem::path& png);

}  // namespace elbow
