#include "experiments/analyses/analyses.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cvae/generation.hpp"
#include "cvae/selection.hpp"
#include "cvae/subsets.hpp"
#include "data/csv.hpp"
#include "experiments/report/run_plots.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace {

constexpr int64_t blocks = 10;                 // of the jackknife
constexpr size_t least_rows = 4 * blocks;      // two rows for each block, on both sides
constexpr int64_t most_frechet_columns = 512;  // the distance costs O(columns^3)
constexpr int64_t soon_compared = 64;          // columns: within a second or two

using Order = std::vector<int64_t>;

/// Whether an order names each of `features` features once.
bool names_each(Order order, int64_t features) {
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < order.size(); ++i)
    if (order[i] != int64_t(i)) return false;
  return int64_t(order.size()) == features;
}

/// The features in the order in which they are worth giving, and what to call that order.
std::pair<Order, std::string> order_of_features(const Experiment& e, const Order& selected) {
  const int64_t features = e.condition.features();
  if (names_each(selected, features)) return {selected, "in greedy order"};
  if (const auto exact = exact_order(e)) {
    Order order;
    for (const GreedyStep& step : exact->steps) order.push_back(step.column);
    return {order, "in the exact greedy order"};
  }
  Order order(static_cast<size_t>(features));
  std::iota(order.begin(), order.end(), 0);
  return {order, "in their own order"};
}

/// The columns of the first `given` features of an order, as a mask over the columns.
Mask columns_of(const Dataset& set, const std::vector<int64_t>& order, int64_t given) {
  Mask mask(size_t(set.columns()), false);
  for (int64_t i = 0; i < given; ++i) {
    const Feature& f = set.features[size_t(order[size_t(i)])];
    std::fill_n(mask.begin() + f.first, f.width, true);
  }
  return mask;
}

/// The distance between the true distribution and that of the rows that the optimal model makes; NaN where it is not known.
double optimal_distance(const Experiment& e, const Mask& mask) {
  if (!e.gaussian_optimum()) return std::nan("");
  const Matrix& covariance = e.gaussian_optimum()->covariance();
  const std::vector<double> mean(mask.size(), 0.0);  // the same on both sides
  return frechet_distance(mean, covariance, mean, optimal_generated_covariance(covariance, e.loss.beta, mask));
}

}  // namespace

FrechetCurve frechet_curve(const Experiment& e, const std::vector<int64_t>& order, const Tell& tell,
                           int64_t most_counts) {
  const Dataset& test = e.data.test;
  const int64_t features = e.condition.features();
  if (!names_each(order, features))
    fail("frechet", "the order does not name each of ", features, " features once");
  std::vector<int64_t> halves[2];
  const std::vector<int64_t> rows = complete_rows(test);
  if (rows.size() < least_rows)
    fail("frechet", rows.size(), " test rows without missing entries are too few; at least ", least_rows);
  for (size_t i = 0; i < rows.size() / 2 * 2; ++i) halves[i % 2].push_back(rows[i]);

  const Tensor real = rows_of(test, halves[0]).x;
  FrechetCurve curve;
  curve.rows = real.size(0);
  curve.floor = frechet_distance(real, rows_of(test, halves[1]).x, blocks).distance;
  const std::vector<int64_t> counts = subset_sizes(features, most_counts);
  for (const int64_t given : counts) {
    if (test.columns() > soon_compared)
      tell(str("frechet: ", curve.rows, " rows of ", test.columns(), " columns"), int64_t(curve.points.size()),
           int64_t(counts.size()));
    Mask subset(size_t(features), false);
    for (int64_t i = 0; i < given; ++i) subset[size_t(order[size_t(i)])] = true;
    FrechetPoint point;
    point.given = given;
    if (given > 0) point.feature = order[size_t(given - 1)];
    point.estimate = frechet_distance(real, generated_rows(e, halves[1], subset), blocks);
    point.optimum = optimal_distance(e, columns_of(test, order, given));
    curve.points.push_back(point);
  }
  return curve;
}

bool frechet_applies(const Experiment& e) {
  return e.condition.counts_given() && e.data.test.columns() <= most_frechet_columns &&
         complete_rows(e.data.test).size() >= least_rows;
}

AnalysisResult frechet_analysis(const Experiment& e, AnalysisContext& context) {
  const auto [order, called] = order_of_features(e, context.findings.selected);
  const FrechetCurve curve = frechet_curve(e, order, context.tell);
  context.findings.frechet = curve;
  CsvTable table({"num_conds", "fid", "fid_stderr", "optimal_fid", "noise_floor", "rows", "feature"});
  for (const FrechetPoint& p : curve.points) {
    const double feature = p.feature < 0 ? std::nan("") : double(p.feature);
    table.add(
        {p.given, p.estimate.distance, p.estimate.standard_error, p.optimum, curve.floor, curve.rows, feature});
  }
  table.write(context.folder.file("fid_data.csv"));

  AnalysisResult result;
  result.figures.push_back(
      {"fid_score.png",
       "Fréchet distance between real rows and rows generated from some features, with standard errors: the "
       "lower, the better, down to the dashed line, the distance of two halves of the real rows.",
       [curve, label = "features given, " + called](const std::filesystem::path& png) {
         plot_frechet(curve.points, curve.floor, label, png);
       }});
  const FrechetEstimate& nothing = curve.points.front().estimate;
  result.text =
      str("frechet: features given ", called, "; ", with_error({nothing.distance, nothing.standard_error}),
          " with none given; two halves of ", curve.rows, " real rows each are ",
          fixed(curve.floor, digits_for(nothing.standard_error)), " apart\n");
  return result;
}

}  // namespace elbow
