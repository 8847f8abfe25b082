#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "metrics/frechet.hpp"
#include "metrics/moments.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// Four panels: loss per epoch, latent means, KL per latent dimension, distortion against KL. For
/// encoding_test_plots.png. This and the next functions throw Error like run_gnuplot, and need no part of `run`
/// to be there: what is missing leaves its axes empty. Without counts, the first two panels only; the classes of the rows
/// then have these names.
void plot_encoding_test(const RunResults& run, const std::filesystem::path& png,
                        const std::vector<std::string>& class_names = {});

/// Three panels: loss, distortion and beta * KL per epoch. For ELBO.png.
void plot_elbo(const RunResults& run, const std::filesystem::path& png);

/// KL of all latent dimensions on a logarithmic axis. For KLD_vs_dimension.png.
void plot_kld_vs_dimension(const RunResults& run, const std::filesystem::path& png);

/// Explained variance of each principal component and the cumulative share. `exact`: the eigenvalues of the true
/// covariance, descending, as hollow circles; may be empty.
void plot_pca(const PrincipalComponents& pca, const std::vector<double>& exact,
              const std::filesystem::path& png);

/// Frechet distance against the number of given features, on a logarithmic axis, with error bars, the optimal model's as
/// hollow circles and the noise floor (two halves of the real rows) as a line.
void plot_frechet(const std::vector<FrechetPoint>& points, double floor, const std::string& x_label,
                  const std::filesystem::path& png);

}  // namespace elbow
