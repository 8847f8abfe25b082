#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/csv.hpp"
#include "experiments/story/runs.hpp"

namespace elbow {

/// Where one of the encoders puts the test images: posterior means on its two latents.
struct Codes {
  std::string name;            ///< of the model
  std::vector<double> x, y;    ///< [rows]
  std::vector<int32_t> label;  ///< [rows]

  /// The square root of the codes' mean variance on the two latents; 1 for draws from N(0, I).
  double spread() const;
  /// The share of the codes that are within this distance of the origin; 1 - exp(-radius^2 / 2) for draws from N(0, I).
  double share_within(double radius) const;
};

/// The codes of the whole test set.
Codes codes_of(const StoryRun& run);

/// One line for each model and test row: model, row, class, z_0, z_1.
CsvTable codes_table(const std::vector<Codes>& models);

/// The codes of each model in the colours of their classes, and in a last panel draws from N(0, I), which is where samples
/// come from. Circles show within which distance of the origin N(0, I) has 39% and 86% of its mass (one and two standard
/// deviations). Throws Error like run_gnuplot.
void draw_codes(const StoryRuns& runs, const std::vector<Codes>& models, const std::filesystem::path& png);

}  // namespace elbow
