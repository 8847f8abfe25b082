#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "metrics/frechet.hpp"
#include "metrics/moments.hpp"

namespace elbow {

/// Explained variance of each principal component and the cumulative share. `exact`: the eigenvalues of the true
/// covariance, descending, as hollow circles; may be empty.
void plot_pca(const PrincipalComponents& pca, const std::vector<double>& exact,
              const std::filesystem::path& png);

/// Frechet distance against the number of given features, on a logarithmic axis, with error bars, the optimal model's as
/// hollow circles and the noise floor (two halves of the real rows) as a line.
void plot_frechet(const std::vector<FrechetPoint>& points, double floor, const std::string& x_label,
                  const std::filesystem::path& png);

}  // namespace elbow
