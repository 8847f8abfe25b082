#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "metrics/frechet.hpp"
#include "metrics/pca.hpp"

namespace elbow {

/// How far the rows are from the real ones that a model makes when it is given some features.
struct FrechetPoint {
  std::int64_t given = 0;     ///< number of given features
  std::int64_t feature = -1;  ///< the index of the one that was given last; -1 where none is
  FrechetEstimate estimate;   ///< distance between generated and real rows
  double optimum = 0;         ///< of the optimal model; NaN where it is not known
};

/// Explained variance of each principal component and the cumulative share. `exact`: the eigenvalues of the true
/// covariance, descending, as hollow circles; may be empty.
void plot_pca(const PrincipalComponents& pca, const std::vector<double>& exact,
              const std::filesystem::path& png);

/// Frechet distance against the number of given features, on a logarithmic axis, with error bars, the optimal model's as
/// hollow circles and the noise floor (two halves of the real rows) as a line.
void plot_frechet(const std::vector<FrechetPoint>& points, double floor, const std::string& x_label,
                  const std::filesystem::path& png);

}  // namespace elbow
