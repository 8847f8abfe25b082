#pragma once
#include <filesystem>
#include <string>
#include <vector>

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

}  // namespace elbow
