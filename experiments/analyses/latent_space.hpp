#pragma once
#include <filesystem>

#include "experiments/analyses/analysis.hpp"

namespace elbow {

struct LatentSpace;  // experiments/report/latent_space_plot.hpp

/// Up to `most` rows of the test set in which nothing is missing, evenly spread, encoded with the first 0, 1, 2, ...
/// features given.
LatentSpace latent_space(const Experiment& experiment, int64_t most);

/// latent_space.csv, and latent_space_colormap_K.png for each number K of given features: the data beside the latent space.
/// Error where no row is complete.
AnalysisResult latent_space_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether the rows have a coordinate or a class, and features that are given one by one: up to eight of them.
bool latent_space_applies(const Experiment& experiment);

}  // namespace elbow
