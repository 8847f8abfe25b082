#include "experiments/runs/compare/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "base/error.hpp"
#include "data/csv.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace {

// One column of numbers. An error of another column is not averaged over seeds: the spread over them says it better.
struct Column {
  std::string name;
  std::function<double(const FinishedRun&)> of;
  bool is_error = false;
};

template <class Of> double of_optimum(const FinishedRun& run, Of of) {
  return run.test.optimum ? of(*run.test.optimum) : no_number;
}

double active_at(const FinishedRun& run, int64_t given) {
  const CountResult* count = run.at_count(given);
  return count ? count->active : no_number;
}

double optimum_active_at(const FinishedRun& run, int64_t given) {
  const CountResult* count = run.at_count(given);
  return count && count->optimum ? count->optimum->active : no_number;
}

std::set<int64_t> counts_of(const Comparison& c) {
  std::set<int64_t> counts;
  for (const FinishedRun& run : c.runs)
    for (const CountResult& count : run.per_count) counts.insert(count.given);
  return counts;
}

std::vector<Column> columns_of(const Comparison& c) {
  using Run = FinishedRun;
  std::vector<Column> columns = {
      {"loss", [](const Run& r) { return r.test.loss.mean; }},
      {"loss_stderr", [](const Run& r) { return r.test.loss.standard_error; }, true},
      {"distortion", [](const Run& r) { return r.test.distortion.mean; }},
      {"distortion_stderr", [](const Run& r) { return r.test.distortion.standard_error; }, true},
      {"kl", [](const Run& r) { return r.test.kl.mean; }},
      {"kl_stderr", [](const Run& r) { return r.test.kl.standard_error; }, true},
      {"bound_loss", [](const Run& r) { return of_optimum(r, [](auto& b) { return b.loss; }); }},
      {"bound_distortion", [](const Run& r) { return of_optimum(r, [](auto& b) { return b.distortion; }); }},
      {"bound_kl", [](const Run& r) { return of_optimum(r, [](auto& b) { return b.kl; }); }},
      {"excess", [](const Run& r) { return r.test.excess ? r.test.excess->mean : no_number; }},
      {"excess_stderr", [](const Run& r) { return r.test.excess ? r.test.excess->standard_error : no_number; },
       true},
      {"active", [](const Run& r) { return r.test.active; }},
      {"bound_active", [](const Run& r) { return of_optimum(r, [](auto& b) { return b.active; }); }}};
  const auto counts = counts_of(c);
  for (const int64_t given : counts)
    columns.push_back({str("active_", given), [given](const Run& r) { return active_at(r, given); }});
  for (const int64_t given : counts)
    columns.push_back(
        {str("bound_active_", given), [given](const Run& r) { return optimum_active_at(r, given); }});
  columns.push_back({"train_step_us", [](const Run& r) { return r.timing.train_step_us; }});
  columns.push_back({"total_s", [](const Run& r) { return r.timing.total_s; }});
  return columns;
}

std::string text_of(double value) { return std::isnan(value) ? "" : to_text(value); }

// "2.00 (2.00)": the model's active latents and, in brackets, the optimum's.
std::string with_optimum(double active, double optimum) {
  return fixed(active, 2) + (std::isfinite(optimum) ? " (" + fixed(optimum, 2) + ")" : "");
}

std::string cut(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : "..." + text.substr(text.size() - (most - 3));
}

// Characters, not bytes, of UTF-8 text.
std::size_t width_of(const std::string& text) {
  return std::size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// What names a line: the varied settings where they are few and short, else the run's name.
void name_lines(const Comparison& c, bool over_seeds, TextTable& table) {
  constexpr std::size_t room = 40;
  std::vector<std::size_t> shown;
  std::size_t width = 0;
  for (std::size_t k = 0; k < c.varied.size(); ++k) {
    if (over_seeds && c.varied[k] == "seed") continue;
    shown.push_back(k);
    std::size_t widest = width_of(c.varied[k]);
    for (const auto& values : c.values) widest = std::max(widest, width_of(values[k]));
    width += widest + 2;
  }
  if (shown.empty() || width > room) {
    table.header = {"run"};
    for (auto& row : table.rows) row.clear();
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      table.rows[i] = {cut(over_seeds ? c.groups[i].label : c.runs[i].label, room)};
    return;
  }
  for (const std::size_t k : shown) table.header.push_back(c.varied[k]);
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    for (const std::size_t k : shown) {
      const std::string& value = c.values[over_seeds ? c.groups[i].runs[0] : i][k];
      table.rows[i].push_back(value.empty() ? "-" : value);
    }
}

void drop_column(TextTable& table, std::size_t k) {
  table.header.erase(table.header.begin() + std::ptrdiff_t(k));
  for (auto& row : table.rows) row.erase(row.begin() + std::ptrdiff_t(k));
}

// Drops the columns from `first` on that hold nothing in any line, and then what a person can best do without, until a
// line fits on the terminal.
void make_narrow(TextTable& table, std::size_t first) {
  constexpr std::size_t most = 100;
  for (std::size_t k = table.header.size(); k-- > first;)
    if (std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return row[k] == "-"; }))
      drop_column(table, k);
  for (const char* name : {"s", "distortion", "KL"}) {
    const std::string text = table.aligned();
    if (width_of(text.substr(0, text.find('\n'))) <= most) return;
    const auto at = std::find(table.header.begin() + std::ptrdiff_t(first), table.header.end(), name);
    if (at != table.header.end()) drop_column(table, std::size_t(at - table.header.begin()));
  }
}

}  // namespace

TextTable run_table(const Comparison& c) {
  TextTable table;
  table.header = {"run"};
  table.header.insert(table.header.end(), c.varied.begin(), c.varied.end());
  const auto columns = columns_of(c);
  for (const Column& column : columns) table.header.push_back(column.name);
  for (std::size_t i = 0; i < c.runs.size(); ++i) {
    std::vector<std::string> row = {c.runs[i].label};
    row.insert(row.end(), c.values[i].begin(), c.values[i].end());
    for (const Column& column : columns) row.push_back(text_of(column.of(c.runs[i])));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable seed_table(const Comparison& c) {
  TextTable table;
  table.header = {"group", "seeds"};
  const std::size_t settings = c.varied.size() - (!c.varied.empty() && c.varied.back() == "seed");
  table.header.insert(table.header.end(), c.varied.begin(), c.varied.begin() + std::ptrdiff_t(settings));
  const auto columns = columns_of(c);
  for (const Column& column : columns)
    if (!column.is_error) table.header.insert(table.header.end(), {column.name, column.name + "_stderr"});
  for (const RunGroup& group : c.groups) {
    std::vector<std::string> row = {group.label, str(group.size())};
    const auto& values = c.values[group.runs[0]];
    row.insert(row.end(), values.begin(), values.begin() + std::ptrdiff_t(settings));
    for (const Column& column : columns) {
      if (column.is_error) continue;
      const Estimate e = over_runs(c, group, column.of);
      row.insert(row.end(), {text_of(e.mean), text_of(e.standard_error)});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable short_table(const Comparison& c, bool over_seeds) {
  TextTable table;
  table.rows.resize(over_seeds ? c.groups.size() : c.runs.size());
  name_lines(c, over_seeds, table);
  const std::size_t names = table.header.size();
  if (over_seeds) table.header.push_back("seeds");
  table.header.insert(table.header.end(), {"loss", "excess", "distortion", "KL", "active at 0", "active", "s"});
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto value = [&](auto of) {
      return over_seeds ? over_runs(c, c.groups[i], of) : Estimate{of(c.runs[i]), no_number};
    };
    using Run = FinishedRun;
    Estimate loss = value([](const Run&r) { return r.test.loss.mean; }),
             excess = value([](const Run&r) { return r.test.excess ? r.test.excess->mean : no_number; });
    if (!over_seeds) {
      loss = c.runs[i].test.loss;
      excess = c.runs[i].test.excess.value_or(Estimate{no_number, no_number});
    }
    auto& row = table.rows[i];
    if (over_seeds) row.push_back(str(c.groups[i].size()));
    row.push_back(with_error(loss, 4));
    row.push_back(with_error(excess, 4));
    row.push_back(fixed(value([](const Run& r) { return r.test.distortion.mean; }).mean, 4));
    row.push_back(fixed(value([](const Run& r) { return r.test.kl.mean; }).mean, 4));
    row.push_back(with_optimum(value([](const Run& r) { return active_at(r, 0); }).mean,
                               value([](const Run& r) { return optimum_active_at(r, 0); }).mean));
    row.push_back(
        with_optimum(value([](const Run& r) { return r.test.active; }).mean,
                     value([](const Run& r) { return of_optimum(r, [](auto& b) { return b.active; }); }).mean));
    row.push_back(fixed(value([](const Run& r) { return r.timing.total_s; }).mean, 1));
  }
  make_narrow(table, names);
  return table;
}

std::string TextTable::csv() const {
  CsvTable table(header);
  for (const auto& row : rows) table.add({row.begin(), row.end()});
  return table.text();
}

std::string TextTable::aligned() const {
  std::vector<std::size_t> widths;
  for (const std::string& name : header) widths.push_back(width_of(name));
  for (const auto& row : rows)
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], width_of(row[k]));
  std::string text;
  const auto add = [&](const std::vector<std::string>& fields) {
    std::string line;
    for (std::size_t k = 0; k < fields.size(); ++k) {
      const std::string blanks(widths[k] - width_of(fields[k]), ' ');
      const bool left = k == 0 && header[0] == "run";
      line += (k ? "  " : "") + (left ? fields[k] + blanks : blanks + fields[k]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  };
  add(header);
  for (const auto& row : rows) add(row);
  return text;
}

}  // namespace elbow
