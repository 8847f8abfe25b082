#pragma once
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "experiments/runs/results_files.hpp"

namespace elbow {

/// Settings by their dotted keys, with the value as text: {"loss.beta", "0.5"}, {"model.encoder", "[64,64]"}.
using FlatSettings = std::vector<std::pair<std::string, std::string>>;
FlatSettings flatten(const Json& config);

/// Runs that agree in every setting but the seed. Its figures are means over its runs.
struct RunGroup {
  std::vector<std::size_t> runs;  ///< indices into Comparison::runs
  std::string label;
  double beta = 1;
  std::size_t series = 0;  ///< groups with the same number agree in all but beta as well

  std::size_t size() const { return runs.size(); }
};

/// Several finished runs, and the settings in which they differ.
struct Comparison {
  std::vector<FinishedRun> runs;
  std::vector<std::string> varied;  ///< dotted keys whose values differ, the name aside; the seed last
  std::vector<std::vector<std::string>> values;  ///< [runs][varied] as text, "" where a run has no such setting
  std::vector<RunGroup> groups;
  std::vector<std::string> series;  ///< a label for each series of groups
  std::string group_key;  ///< the one setting in which the groups differ, if it is one; labels are its values
  bool ordered = false;   ///< whether the groups are sorted by that setting's numbers

  bool beta_varies() const;
  bool seeds_vary() const { return groups.size() < runs.size(); }
  /// Any run with a known optimum.
  bool has_optimum() const;
};

/// Finds out in what the runs differ, and groups them. Runs that differ in one numeric setting (and in the seed) are sorted
/// by it; others stay in the order in which they come.
Comparison make_comparison(std::vector<FinishedRun> runs);

/// Mean of a quantity over the runs of a group, with its standard error over them (NaN for a single run).
template <class Of> Estimate over_runs(const Comparison& c, const RunGroup& group, Of of) {
  double sum = 0, squares = 0;
  for (const std::size_t run : group.runs) sum += of(c.runs[run]);
  const double n = double(group.size()), mean = sum / n;
  for (const std::size_t run : group.runs) squares += (of(c.runs[run]) - mean) * (of(c.runs[run]) - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

}  // namespace elbow
