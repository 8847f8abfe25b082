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

/// What `elbow page` was asked for.
struct PageOptions {
  std::vector<std::string> runs;  ///< folders of finished runs
  std::string out;                ///< the HTML file
  std::string title = "Experiments";
  bool force = false;  ///< write over existing files
};

/// Writes one page that shows several runs: a table of their results, then every figure of each. The figures stay in their
/// folders and are linked from there. Error, naming the folder, for one that holds no finished run; the page is then not
/// written.
void write_page(const PageOptions& options);

}  // namespace elbow
