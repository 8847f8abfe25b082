#pragma once
#include <filesystem>

#include "experiments/analyses/analysis.hpp"
#include "experiments/report/metric_plots.hpp"

namespace elbow {

/// Squared Frechet distances in data space. The test rows without missing entries are cut in two: every other row is
/// real; of the rest the model is given the first k features of `order` and makes up the others (generated_rows). Both
/// sides are equally many, and no generated row has its original among the real ones, so that with everything given the
/// distance is that of two halves of the real rows: the noise floor.
///
/// All counts from 0 to the number of features, or `most_counts` evenly spread ones of many. `order` holds every feature
/// once. Error if it does not, or if there are fewer than 40 rows without missing entries.
FrechetCurve frechet_curve(const Experiment& experiment, const std::vector<int64_t>& order,
                           const Tell& tell = tell_nobody, int64_t most_counts = 17);

/// The curve along the greedy order of the features: fid_data.csv and fid_score.png; docs/outputs.md tells the columns.
/// The order is that of the findings, which the analysis `selection` leaves there; without it the exact order of a Gaussian
/// set, else that of the features.
AnalysisResult frechet_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether features are given one by one, and there are rows enough without missing entries.
bool frechet_applies(const Experiment& experiment);

}  // namespace elbow
