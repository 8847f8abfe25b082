#include "experiments/runs/compare/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "cvae/optimum.hpp"
#include "data/sources.hpp"

namespace elbow {
namespace {

bool agree_in_distribution(const Comparison& c) {
  return std::all_of(c.runs.begin(), c.runs.end(), [&](const FinishedRun& run) {
    Json data = run.config.at("data"), first = c.runs[0].config.at("data");
    for (Json* section : {&data, &first})
      section->erase("structure_seed");  // each run's own distribution is drawn below
    if (data != first || run.config.at("condition") != c.runs[0].config.at("condition")) return false;
    return run.test.optimum || run.beta == 0;  // at beta = 0 nothing limits the KL, and a run has no optimum
  });
}

// The distributions of the runs' data by their seeds. A few rows are drawn with each and ignored. One distribution if
// the seed does not matter. None if the data are not Gaussian, or have missing entries: their optimum is another one.
std::map<uint64_t, GaussianDistribution> distributions_of(const Comparison& c) {
  std::map<uint64_t, GaussianDistribution> distributions;
  for (const FinishedRun& run : c.runs) {
    if (distributions.contains(run.seed)) continue;
    Json data = run.config.at("data");
    if (data.contains("path")) return {};  // rows that are read from files follow no known distribution
    for (const char* rows : {"train_rows", "test_rows"})
      if (data.contains(rows)) data[rows] = 2;
    const DataSplit split = make_data(Config(data), run.seed);
    if (!split.train.gaussian || split.train.observed) return {};
    distributions[run.seed] = *split.train.gaussian;
  }
  const auto same = [&](const auto& distribution) {
    return distribution.second.covariance.values == distributions.begin()->second.covariance.values;
  };
  if (std::all_of(distributions.begin(), distributions.end(), same))
    distributions.erase(std::next(distributions.begin()), distributions.end());
  return distributions;
}

// Whether the distribution gives a run the optimum that the run itself found: else the curve would be about something else.
bool reproduces(const GaussianDistribution& distribution, const FinishedRun& run, double given, int64_t masks) {
  if (!run.test.optimum) return true;
  const double loss =
      GaussianOptimum(distribution.mean, distribution.covariance, run.beta).average(given, masks).loss;
  return std::abs(loss - run.test.optimum->loss) <=
         0.03 * std::abs(run.test.optimum->loss) + 1e-9;  // masks may be sampled
}

}  // namespace

OptimumCurve optimum_curve(const Comparison& c) {
  OptimumCurve curve;
  if (!c.has_optimum() || !agree_in_distribution(c)) return curve;
  const Json& condition = c.runs[0].config.at("condition");
  if (condition.at("kind") != "columns" || !condition.value("given", Json()).is_number()) return curve;
  const double given = condition.at("given");
  const auto distributions = distributions_of(c);
  if (distributions.empty()) return curve;
  const auto columns =
      int64_t(distributions.begin()->second.mean.size());  // each point takes masks * columns^3
  const int points = columns <= 4 ? 1000 : columns <= 10 ? 300 : 40;
  const int64_t masks = columns <= 10 ? 1024 : affordable_masks(columns, 2, 32);
  for (const FinishedRun& run : c.runs) {
    const auto distribution = distributions.find(run.seed);
    if (!reproduces(distribution == distributions.end() ? distributions.begin()->second : distribution->second,
                    run, given, masks))
      return curve;
  }

  double lowest = INFINITY, highest = 0;
  for (const FinishedRun& run : c.runs) {
    if (run.beta > 0) lowest = std::min(lowest, run.beta);
    highest = std::max(highest, run.beta);
  }
  for (const auto& [seed, distribution] : distributions) {  // no eigenvalue is larger than the trace
    double trace = 0;
    for (std::size_t i = 0; i < distribution.mean.size(); ++i)
      trace += distribution.covariance(int64_t(i), int64_t(i));
    highest = std::max(highest, 2.1 * trace);
  }
  lowest /= 3;
  for (int i = 0; i < points; ++i) {
    OptimumCurve::Point point;
    point.beta = lowest * std::pow(highest / lowest, double(i) / (points - 1));
    for (const auto& [seed, distribution] : distributions) {
      const GaussianOptimum optimum(distribution.mean, distribution.covariance, point.beta);
      const AverageOptimum all = optimum.average(given, masks);
      const double share = 1.0 / double(distributions.size());
      point.all += share * all;
      point.active_at_0 += share * optimum.at_count(0).active;
    }
    curve.points.push_back(point);
  }
  return curve;
}

}  // namespace elbow
