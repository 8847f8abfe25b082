#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/linear_algebra.hpp"
#include "experiments/report/panel.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// Which latent knows of which factor.
struct FactorMap {
  Findings::Factors scores;
  std::vector<int64_t> latents;      ///< the active ones, the most active first
  std::vector<double> kl;            ///< [latents]
  std::vector<double> entropies;     ///< [factors], nats, of continuous ones in bins
  std::vector<uint8_t> categorical;  ///< [factors]
  Matrix information;                ///< [latents, factors], nats
  Matrix importance;                 ///< [latents, factors], each factor's adding up to 1

  /// information / entropy of the factor; NaN where it has none.
  double normalised(int64_t latent, int64_t factor) const;
};

/// Values in 0..1 as shades of blue: columns are latents, rows factors, the first one at the top. Of many latents the first ones.
Panel factor_heat_map(const FactorMap& map, const std::string& title, const Matrix& values);

/// How well each factor is predicted from all latents together, as bars.
Panel informativeness_panel(const FactorMap& map);

/// Three panels: normalised mutual information, importance, informativeness. For factors.png; throws Error like run_gnuplot.
void plot_factors(const FactorMap& map, const std::filesystem::path& png);

}  // namespace elbow
