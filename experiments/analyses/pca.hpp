#pragma once
#include <filesystem>

#include "experiments/analyses/analysis.hpp"

namespace elbow {

/// Principal components of the test rows: pca.csv and pca.png; docs/outputs.md tells the columns.
AnalysisResult pca_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether there are at least two test rows without missing entries, and not so many columns that the table of loadings
/// would be of no use to anyone.
bool pca_applies(const Experiment& experiment);

}  // namespace elbow
