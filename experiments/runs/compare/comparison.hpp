#pragma once
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "experiments/report/panel.hpp"
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

/// A table of text. Numbers stand in it as text.
struct TextTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  /// As CSV (RFC 4180): a field with a comma, quote or line break is quoted.
  std::string csv() const;
  /// For a terminal: columns in line, numbers flush right.
  std::string aligned() const;
};

/// comparison.csv: one line per run; docs/sweeps.md describes the columns.
TextTable run_table(const Comparison& comparison);

/// comparison_over_seeds.csv: one line per group, each figure's mean and standard error over its runs.
TextTable seed_table(const Comparison& comparison);

/// What a person wants to see first, within about 100 columns: one line per run, or with `over_seeds` one per group.
TextTable short_table(const Comparison& comparison, bool over_seeds);

inline const std::string optimum_line = "lc rgb '#202020' lw 1 dt (14,8)";

/// The name of a setting as a figure prints it: a Greek letter for loss.beta.
std::string setting_name(const std::string& key);

/// The style of the groups of a comparison, the same in each of its figures. Up to six groups have a colour each. More
/// groups have a scale of colours if they are sorted by a number, and differ in the shape of their points as well
/// otherwise.
class GroupStyle {
 public:
  explicit GroupStyle(const Comparison& comparison) : comparison_(comparison) {}

  /// "lc rgb '#rrggbb'" of a group.
  std::string colour(std::size_t group, double opacity = 1) const;
  /// "pt N" of a group.
  std::string point(std::size_t group) const;
  /// Says above the panel which is which.
  void explain(Panel& panel) const;

 private:
  bool scale() const;
  const Comparison& comparison_;
};

/// The analytic optimum as a function of beta: what the best model of a Gaussian set would reach.
struct OptimumCurve {
  struct Point {
    double beta = 0;
    Optimum all;             ///< averaged over the masks
    double active_at_0 = 0;  ///< k* with no column given
  };
  std::vector<Point>
      points;  ///< in the order of beta, close enough for a step to look like one; empty if there is none
};

/// The curve that all the runs share, from well below their smallest beta to where no latent pays any more. Where the distribution
/// itself is drawn from the seed (a projection, a correlation matrix), the mean over the runs' seeds. Empty unless
/// the runs have a known optimum and agree in data and condition.
OptimumCurve optimum_curve(const Comparison& comparison);

/// Distortion against KL, a curve for each group over the numbers of given columns: from nothing given, upper right, to all
/// given, lower left. The optimum of each group as hollow circles on a dashed line.
Panel by_count_panel(const Comparison& comparison);

/// Distortion against KL of the whole test set, a point with standard errors for each run, its optimum as a hollow
/// circle, and the curve that no model can be below.
Panel total_panel(const Comparison& comparison, const OptimumCurve& curve);

/// The way of each run in that plane, epoch by epoch; its end is the point. The first epochs may lie outside.
Panel path_panel(const Comparison& comparison, const OptimumCurve& curve);

/// Test loss per epoch, a line for each run.
Panel loss_panel(const Comparison& comparison);

/// What is shown against beta.
enum class AgainstBeta { loss, excess, kl, active_at_0, active };

/// A figure of the runs against beta: their points, with standard errors (over the seeds, where there are several, else
/// over the test rows), and the optimum as a line.
Panel beta_panel(const Comparison& comparison, const OptimumCurve& curve, AgainstBeta what);

/// Frechet distance against beta, a curve for each number of given columns (of many, a few).
Panel fid_beta_panel(const Comparison& comparison);

/// Frechet distance against the number of given columns, a curve for each group.
Panel fid_panel(const Comparison& comparison);

}  // namespace elbow
