#pragma once
#include <filesystem>

#include "experiments/analyses/analysis.hpp"

namespace elbow {

/// Greedy selection of conditions: selected_features.csv, first_features.csv, kl_per_lt.csv, kl_all_lt.csv and three
/// figures; docs/outputs.md tells their columns.
AnalysisResult selection_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether features are given one by one, and not so many that the choice would take hours.
bool selection_applies(const Experiment& experiment);

}  // namespace elbow
