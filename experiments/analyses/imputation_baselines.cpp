#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/stopwatch.hpp"
#include "experiments/analyses/imputation_benchmark.hpp"
#include "metrics/forecast_scores.hpp"
#include "metrics/imputation.hpp"

namespace elbow {
namespace {

// `most` of the rows of a set, evenly spread.
TableRows some_rows(const TableRows& rows, int64_t most) {
  const int64_t d = rows.x.size(1);
  if (rows.x.size(0) <= most) return rows;
  TableRows out{Tensor::zeros({most, d}), Tensor::zeros({most, d})};
  const auto index = evenly_spread(rows.x.size(0), most);
  for (size_t i = 0; i < index.size(); ++i)
    for (const auto& [from, to] : {std::pair(&rows.x, &out.x), std::pair(&rows.observed, &out.observed)})
      std::copy_n(from->data<float>() + index[i] * d, d, to->data<float>() + int64_t(i) * d);
  return out;
}

// All rows, training and held out.
std::vector<int64_t> rows_of(const ImputationTask& task) {
  std::vector<int64_t> rows(size_t(task.truth.rows));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

// The Gaussian of largest likelihood. A step costs up to rows d^3, so of a wide table fewer rows are looked at, and fewer steps made.
Moments fitted_gaussian(const TableRows& rows) {
  const double d = double(rows.x.size(1));
  if (d * d * d * double(rows.x.size(0)) <= 1e9) return gaussian_em(rows.x, rows.observed);
  const TableRows some = some_rows(rows, std::max<int64_t>(2000, int64_t(1e9 / (d * d * d))));
  return gaussian_em(some.x, some.observed, 1e-3, 20);
}

// The Gaussian's intervals and CRPS, of columns that are not on a logarithmic scale.
void score_gaussian(ImputedTable& table, const ImputationTask& task, const RowSet& set,
                    const GaussianImputation& imputed) {
  constexpr double quantile_95 = 1.6448536269514722;
  const size_t columns = task.truth.columns.size(), d = size_t(task.codec->columns());
  table.covered.resize(table.values.size(), no_number);
  table.crps.resize(table.values.size(), no_number);
  for (size_t c = 0; c < columns; ++c) {
    const std::optional<size_t> f = task.feature(c);
    if (!f || !task.is_number(c) || task.codec->scales()[*f].is_logarithmic()) continue;
    const Scale& scale = task.codec->scales()[*f];
    for (size_t i = 0; i < set.index.size(); ++i) {
      const double truth = task.true_value(set.index[i], c);
      if (!task.hidden.at(set.index[i], int64_t(c)) || std::isnan(truth)) continue;
      const size_t of = i * d + size_t(task.codec->features()[*f].first),
                   at = size_t(set.index[i]) * columns + c;
      const double mean = scale.value_of(imputed.values.data<float>()[of]);
      const double deviation = scale.sd * double(imputed.deviations.data<float>()[of]);
      table.covered[at] = std::abs(truth - mean) <= quantile_95 * deviation;
      table.crps[at] = normal_crps(truth, mean, deviation);
    }
  }
}

}  // namespace

ImputedTable baseline(const std::string& method, const ImputationTask& task) {
  const Stopwatch watch;
  ImputedTable table = unfilled(task, method);
  const TableRows& donors = task.training().data;
  const bool gaussian = method == "em" || method == "oracle";
  Moments moments;
  if (method == "em") moments = fitted_gaussian(donors);
  if (method == "oracle") moments = fitted_gaussian(encode_rows(task.truth, *task.codec, rows_of(task)));
  for (const RowSet& set : task.sets) {
    const auto& [x, observed] = set.data;
    if (method == "mean") fill(table, task, set, mean_imputation(x, observed, donors.x, donors.observed));
    if (method == "knn") {
      const TableRows near = some_rows(donors, 20000);
      fill(table, task, set, nearest_neighbour_imputation(x, observed, near.x, near.observed, 5));
    }
    if (gaussian) {
      const GaussianImputation imputed = gaussian_imputation(x, observed, moments);
      fill(table, task, set, imputed.values);
      score_gaussian(table, task, set, imputed);
    }
  }
  table.seconds = watch.seconds();
  return table;
}

}  // namespace elbow
