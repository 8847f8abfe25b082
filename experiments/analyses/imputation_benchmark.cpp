#include "experiments/analyses/imputation_benchmark.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.hpp"
#include "base/streams.hpp"
#include "metrics/forecast_scores.hpp"
#include "metrics/imputation_scores.hpp"

namespace elbow {
namespace {

constexpr double missing_category = -1, other_category = -2;

// Which of the texts of the truth each of these is.
std::vector<double> numbers_of(const std::vector<std::string>& texts, const TextColumn& truth) {
  const CategoryIndex index(truth.texts);
  std::vector<double> out;
  for (const std::string& text : texts) {
    const int32_t found = index.find(text);
    out.push_back(found >= 0 ? double(found) : other_category);
  }
  return out;
}

}  // namespace

std::optional<size_t> ImputationTask::feature(size_t column) const {
  const std::string& name = truth.columns[column].schema.name;
  const auto found = std::ranges::find(codec->features(), name, &Feature::name);
  if (found == codec->features().end()) return {};
  return size_t(found - codec->features().begin());
}

bool ImputationTask::is_number(size_t column) const { return is_numeric(*truth.columns[column].schema.kind); }

double ImputationTask::true_value(int64_t row, size_t column) const {
  const TextColumn& c = truth.columns[column];
  return is_number(column) ? c.numbers[size_t(row)] : double(c.codes[size_t(row)]);
}

ImputationTask imputation_task(TableColumns truth, HiddenEntries hidden, const TableFormat& format,
                               double test_fraction, const HeldOut& validation, uint64_t seed,
                               std::vector<std::string>& notes) {
  ImputationTask task{std::move(truth), std::move(hidden), nullptr, {}};
  const TableColumns holes = without(task.truth, task.hidden);
  std::vector<int64_t> order = permutation({seed, stream::structure, 0}, holes.rows);
  const int64_t held = std::llround(test_fraction * double(holes.rows));
  if (holes.rows - held < 4) throw Error(str("there are ", holes.rows - held, " rows to train on: too few"));
  RowSet test{"held-out", {order.end() - held, order.end()}, {}};
  RowSet train{"training", {order.begin(), order.end() - held}, {}};
  for (RowSet* set : {&test, &train}) std::sort(set->index.begin(), set->index.end());
  task.codec = std::make_shared<TableCodec>(fit_codec(holes, format, train.index, &notes, validation, seed));
  train.data = encode_rows(holes, *task.codec, train.index);
  task.sets.push_back(std::move(train));
  if (test.index.empty()) return task;
  test.data = encode_rows(holes, *task.codec, test.index);
  task.sets.push_back(std::move(test));
  return task;
}

ImputedTable unfilled(const ImputationTask& task, const std::string& method) {
  const size_t columns = task.truth.columns.size();
  ImputedTable table{method, {}, {}, {}};
  for (int64_t r = 0; r < task.truth.rows; ++r)
    for (size_t c = 0; c < columns; ++c) {
      const bool hidden = task.hidden.at(r, int64_t(c));
      table.values.push_back(!hidden             ? task.true_value(r, c)
                             : task.is_number(c) ? no_number
                                                 : missing_category);
    }
  return table;
}

void fill(ImputedTable& table, const ImputationTask& task, const RowSet& set, const Tensor& x) {
  const size_t columns = task.truth.columns.size();
  const int64_t d = task.codec->columns();
  for (size_t c = 0; c < columns; ++c) {
    const std::optional<size_t> f = task.feature(c);
    std::vector<double> category;
    if (f) category = numbers_of(task.codec->features()[*f].categories, task.truth.columns[c]);
    for (size_t i = 0; i < set.index.size(); ++i) {
      if (!task.hidden.at(set.index[i], int64_t(c))) continue;
      double& value = table.values[size_t(set.index[i]) * columns + c];
      if (!f) {
        const auto& constants = task.codec->constants();
        value = std::find_if(constants.begin(), constants.end(), [&](const Constant& k) {
                  return k.name == task.truth.columns[c].schema.name;
                })->value;
        continue;
      }
      const Feature& feature = task.codec->features()[*f];
      const float* of = x.data<float>() + int64_t(i) * d + feature.first;
      if (is_numeric(feature.kind))
        value = task.codec->scales()[*f].value_of(of[0]);
      else if (feature.kind == FeatureKind::binary)
        value = category[of[0] >= 0.5f ? 1 : 0];
      else
        value = category[size_t(std::max_element(of, of + feature.width) - of)];
    }
  }
}

void score_draws(ImputedTable& table, const ImputationTask& task, const RowSet& set, int64_t first,
                 const std::vector<std::vector<float>>& draws) {
  const size_t columns = task.truth.columns.size(), d = size_t(task.codec->columns()),
               rows = draws[0].size() / d;
  table.covered.resize(table.values.size(), no_number);
  table.crps.resize(table.values.size(), no_number);
  std::vector<float> sorted(draws.size());
  for (size_t c = 0; c < columns; ++c) {
    const std::optional<size_t> f = task.feature(c);
    if (!f || !task.is_number(c)) continue;
    const size_t column = size_t(task.codec->features()[*f].first);
    const Scale& scale = task.codec->scales()[*f];
    const double deviation = standard_deviation(task.truth.columns[c].numbers),
                 unit = deviation > 0 ? deviation : 1;
    for (size_t i = 0; i < rows; ++i) {
      const int64_t row = set.index[size_t(first) + i];
      const double truth = task.true_value(row, c);
      if (!task.hidden.at(row, int64_t(c)) || std::isnan(truth)) continue;
      for (size_t k = 0; k < draws.size(); ++k) {
        const double value = scale.value_of(draws[k][i * d + column]);
        // From the truth, in deviations: a float cannot hold 1e9 + 1. A count is whole, and may be the very truth.
        sorted[k] = float(((is_count(scale.kind) ? std::round(value) : value) - truth) / unit);
      }
      std::sort(sorted.begin(), sorted.end());
      const size_t at = size_t(row) * columns + c;
      table.covered[at] = pit_interval(sorted, 0).covered(0.9);
      table.crps[at] = fair_crps(sorted, 0) * unit;
    }
  }
}

ImputedTable read_imputed(const std::string& method, const std::filesystem::path& path,
                          const TableSchema& schema, const ImputationTask& task) {
  const TableColumns filled = read_text_table(path, schema);
  const auto refuse = [&](const auto&... what) { throw Error(str(path.string(), ": ", what...)); };
  if (filled.rows != task.truth.rows) refuse("has ", filled.rows, " rows, and the table ", task.truth.rows);
  ImputedTable table = unfilled(task, method);
  const size_t columns = task.truth.columns.size();
  for (size_t c = 0; c < columns; ++c) {
    const TextColumn& truth = task.truth.columns[c];
    const auto same = [&](const TextColumn& other) { return other.schema.name == truth.schema.name; };
    const auto column = std::find_if(filled.columns.begin(), filled.columns.end(), same);
    if (column == filled.columns.end()) refuse("has no column ", truth.schema.name);
    const std::vector<double> category = numbers_of(column->texts, truth);
    for (int64_t r = 0; r < filled.rows; ++r) {
      if (!task.hidden.at(r, int64_t(c))) continue;
      double& value = table.values[size_t(r) * columns + c];
      if (!task.is_number(c)) {
        const int32_t code = column->codes[size_t(r)];
        value = code < 0 ? missing_category : category[size_t(code)];
      } else if (value = column->numbers[size_t(r)]; std::isnan(value)) {
        refuse("row ", r + 1, " of the data: column ", truth.schema.name,
               ": is hidden and has not been imputed");
      }
    }
  }
  return table;
}

std::vector<ImputationScore> scores_of(const ImputedTable& table, const ImputationTask& task) {
  std::vector<ImputationScore> out;
  const size_t columns = task.truth.columns.size();
  for (const RowSet& set : task.sets) {
    std::vector<ImputationScore> of_set;
    for (size_t c = 0; c < columns; ++c) {
      const TextColumn& column = task.truth.columns[c];
      ImputationScore score{set.name,  column.schema.name, no_number, no_number,
                            no_number, no_number,          no_number};
      std::vector<double> imputed, truth, covered, crps;
      for (const int64_t r : set.index) {
        const double value = task.true_value(r, c);
        if (!task.hidden.at(r, int64_t(c)) || std::isnan(value)) continue;
        const size_t at = size_t(r) * columns + c;
        truth.push_back(value), imputed.push_back(table.values[at]);
        if (!table.covered.empty()) covered.push_back(table.covered[at]), crps.push_back(table.crps[at]);
      }
      if (task.is_number(c)) {
        const double unit = standard_deviation(column.numbers);
        score.nrmse = normalised_rmse(imputed, truth, unit), score.mae = normalised_mae(imputed, truth, unit);
        score.coverage = mean_of_numbers(covered);
        if (unit > 0) score.crps = mean_of_numbers(crps) / unit;
      } else {
        score.pfc = falsely_classified(std::vector<int32_t>(imputed.begin(), imputed.end()),
                                       std::vector<int32_t>(truth.begin(), truth.end()));
      }
      of_set.push_back(score);
    }
    const auto mean = [&](double ImputationScore::*of) {
      std::vector<double> values;
      for (const ImputationScore& s : of_set) values.push_back(s.*of);
      return mean_of_numbers(values);
    };
    // Where a method has the score of some columns of numbers only, its mean would be of other columns than another's.
    const auto mean_of_all = [&](double ImputationScore::*of) {
      const auto lacks = [&](const ImputationScore& s) { return std::isnan(s.*of) && !std::isnan(s.nrmse); };
      return std::ranges::any_of(of_set, lacks) ? no_number : mean(of);
    };
    using S = ImputationScore;
    of_set.insert(of_set.begin(), {set.name, "all", mean(&S::nrmse), mean(&S::mae), mean(&S::pfc),
                                   mean_of_all(&S::coverage), mean_of_all(&S::crps)});
    out.insert(out.end(), of_set.begin(), of_set.end());
  }
  return out;
}

std::vector<std::string> filled_row(const ImputedTable& table, const ImputationTask& task, int64_t row) {
  const size_t columns = task.truth.columns.size();
  // Not an empty field, if there is another: a row of these alone would be skipped by whoever reads it.
  const auto& marks = task.codec->format().missing;
  const auto text = std::find_if(marks.begin(), marks.end(), [](const std::string& m) { return !m.empty(); });
  const std::string mark = text == marks.end() ? "" : *text;
  std::vector<std::string> fields;
  for (size_t c = 0; c < columns; ++c) {
    const TextColumn& column = task.truth.columns[c];
    const double value = table.values[size_t(row) * columns + c];
    if (!task.is_number(c)) {
      fields.push_back(value >= 0 ? column.texts[size_t(value)] : mark);
    } else if (std::isnan(value)) {
      fields.push_back(mark);
    } else {
      const std::optional<size_t> f = task.feature(c);
      const bool hidden = task.hidden.at(row, int64_t(c));
      const NumberFormat& format = hidden && f ? task.codec->fields()[*f].number : column.schema.field.number;
      fields.push_back(format.write(value, hidden ? std::abs(value) * 0x1p-23 : 0, 17));
    }
  }
  return fields;
}

}  // namespace elbow
