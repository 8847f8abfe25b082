#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace elbow {

/// A histogram of the probability integral transform (PIT), flat where forecasts are calibrated.
struct PitHistogram {
  std::string title;
  std::vector<double> density;  ///< [bins], of equal width from 0 to 1
  double band = 0;              ///< a calibrated model stays within 1 +- band
};

/// A panel for each histogram, at most six, with the band. For calibration.png. Throws Error like run_gnuplot.
void plot_calibration(const std::vector<PitHistogram>& histograms, const std::filesystem::path& png);

}  // namespace elbow
