#pragma once
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/analyses/analysis.hpp"
#include "experiments/runs/results.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {

/// Draws all figures of a run into its folder, and report.html from them and those of the analyses. A figure that cannot be
/// drawn (gnuplot is missing, say) costs no results: its reason is in the list that comes back,
/// after those of the analyses.
std::vector<NotMade> draw_figures(const Experiment& experiment, const RunResults& results,
                                  const AnalysesDone& analyses, const RunFolder& folder);

}  // namespace elbow
