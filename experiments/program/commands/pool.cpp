#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>

#include "base/text.hpp"
#include "data/csv.hpp"
#include "data/table_dialect.hpp"
#include "experiments/program/commands/commands.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/program/rows/table_output.hpp"
#include "metrics/pooling.hpp"
#include "metrics/results.hpp"

namespace elbow {
namespace {

/// The options of `elbow pool`.
struct PoolOptions {
  std::string table;
  std::string draw = "draw";  ///< the column with the number of the imputation
  std::string decimal;        ///< the decimal point; empty: as its numbers look
  std::string out;            ///< empty: standard output
  bool force = false;
};

constexpr size_t most_categories = 50;  // of a text column that is pooled

// The mean of the values seen so far, and the variance of that mean (Welford).
class RunningMean {
 public:
  void add(double value) {
    const double before = value - mean_;
    mean_ += before / double(++n_);
    squares_ += before * (value - mean_);
  }
  int64_t count() const { return n_; }
  double mean() const { return mean_; }
  double variance() const { return squares_ / double(n_ - 1) / double(n_); }

 private:
  int64_t n_ = 0;
  double mean_ = 0, squares_ = 0;
};

// One column of the table, draw by draw. What is seen of it decides whether it holds numbers.
class PooledColumn {
 public:
  void add(size_t draw, const std::string& text, const TableFormat& format) {
    if (format.is_missing(text)) return;
    const auto value = numeric_ ? format.numbers().read(text) : std::nullopt;
    numeric_ = value.has_value();
    if (numbers_.size() <= draw) numbers_.resize(draw + 1), counts_.resize(draw + 1, 0);
    if (numeric_) numbers_[draw].add(*value);
    ++counts_[draw];
    if (categories_.size() > most_categories) return;
    std::vector<int64_t>& counts = categories_[text];
    if (counts.size() <= draw) counts.resize(draw + 1, 0);
    ++counts[draw];
  }

  bool numeric() const { return numeric_; }
  bool has_few_categories() const { return categories_.size() <= most_categories; }
  const std::map<std::string, std::vector<int64_t>>& categories() const { return categories_; }
  // The rows that hold a value, in the draw that has the fewest of them.
  int64_t rows(size_t draws) const {
    return counts_.size() < draws ? 0 : *std::min_element(counts_.begin(), counts_.end());
  }
  PooledEstimate mean(size_t draws) const {
    std::vector<double> means, variances;
    for (const RunningMean& n : numbers_) means.push_back(n.mean()), variances.push_back(n.variance());
    return pooled(means, variances, double(rows(draws) - 1));
  }
  // Of a share p of n rows: the mean of an indicator, whose variance is p (1 - p) n / (n - 1).
  PooledEstimate share(const std::vector<int64_t>& of_category, size_t draws) const {
    std::vector<double> shares, variances;
    for (size_t d = 0; d < draws; ++d) {
      const double n = double(counts_[d]), p = d < of_category.size() ? double(of_category[d]) / n : 0;
      shares.push_back(p), variances.push_back(p * (1 - p) / (n - 1));
    }
    return pooled(shares, variances, double(rows(draws) - 1));
  }

 private:
  bool numeric_ = true;
  std::vector<RunningMean> numbers_;                        // [draws]
  std::vector<int64_t> counts_;                             // [draws]
  std::map<std::string, std::vector<int64_t>> categories_;  // text: [draws], or shorter
};

// All columns of a table of imputations.
struct PooledTable {
  std::vector<std::string> names;  // without that of the draws
  std::vector<PooledColumn> columns;
  std::map<std::string, size_t> draws;  // by the text in their column
  std::vector<int64_t> rows;            // [draws]
};

// How the table is written, from its beginning.
TableFormat dialect_of(const TextSource& source) {
  TableFormat format;
  if (source.is_arrays()) return format;
  format.separator = separator_of(source);
  auto records = first_records(source, format.separator);
  if (!records.empty()) records.erase(records.begin());
  const NumberFormat numbers = number_format_of(records, format.separator);
  format.decimal = numbers.decimal, format.thousands = numbers.thousands;
  return format;
}

PooledTable read_imputations(const PoolOptions& o) {
  TextSource source(o.table);  // which may be a pipe: opened once
  TableFormat format = dialect_of(source);
  if (!o.decimal.empty()) format.decimal = o.decimal[0], format.thousands = 0;
  TableFile file(std::move(source), format);
  PooledTable table;
  table.names = file.names();
  const auto at = std::find(table.names.begin(), table.names.end(), o.draw);
  if (at == table.names.end())
    throw Error(
        str(o.table, ": has no column '", o.draw, "': it should hold what `elbow impute --multiple` writes"));
  const auto place = at - table.names.begin();
  table.names.erase(at);
  table.columns.resize(table.names.size());
  for (std::vector<std::string> fields; file.next(fields);) {
    const std::string draw = fields[size_t(place)];
    if (format.is_missing(draw)) throw Error(str(file.where(), ": has no number in the column '", o.draw, "'"));
    const size_t d = table.draws.emplace(draw, table.draws.size()).first->second;
    if (d == table.rows.size()) table.rows.push_back(0);
    ++table.rows[d];
    fields.erase(fields.begin() + place);
    for (size_t c = 0; c < fields.size(); ++c) table.columns[c].add(d, fields[c], format);
  }
  const auto refuse = [&](const auto&... why) { throw Error(str(o.table, ": ", why...)); };
  if (table.rows.empty()) refuse("has no rows");
  if (table.rows.size() == 1) refuse("holds one draw: what differs between draws needs at least two (--draws)");
  for (const auto& [name, d] : table.draws)
    if (table.rows[d] != table.rows[0])
      refuse("its draws are not of one table: ", table.rows[0], " rows in one, ", table.rows[d], " in draw ",
             name);
  if (table.rows[0] < 2) refuse("has one row in each draw, which has no variance");
  return table;
}

std::string optional_number(double value) { return std::isfinite(value) ? to_text(value) : ""; }

// The mean of each column of numbers, and the share of each category of the others, by Rubin's rules, as CSV.
void pool(const PoolOptions& o) {
  TableOutput out(o.out, o.force);
  const PooledTable table = read_imputations(o);
  const size_t draws = table.rows.size();
  out.header({"column", "category", "rows", "draws", "estimate", "within", "between", "total", "df", "low",
              "high", "missing_information"});
  const auto write = [&](const std::string& name, const std::string& category, int64_t rows,
                         const PooledEstimate& p) {
    std::vector<std::string> line{name, category, str(rows), str(draws)};
    for (const double v :
         {p.estimate, p.within, p.between, p.total, p.degrees, p.low, p.high, p.missing_information})
      line.push_back(optional_number(v));
    out.write(line);
  };
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const PooledColumn& column = table.columns[c];
    const std::string& name = table.names[c];
    const int64_t rows = column.rows(draws);
    const auto leave_out = [&](const auto&... why) {
      std::cerr << plain_text(str("note: the column '", name, "' is left out: ", why...)) << '\n';
    };
    if (rows < 2)
      leave_out("a draw has fewer than two values of it");
    else if (column.numeric())
      write(name, "", rows, column.mean(draws));
    else if (!column.has_few_categories())
      leave_out("it holds text, of more than ", most_categories, " kinds");
    else
      for (const auto& [category, counts] : column.categories())
        write(name, category, rows, column.share(counts, draws));
  }
  out.finish();
}

}  // namespace

void add_pool(Command app) {
  Command command =
      app.command("pool", "Means and shares of multiply imputed tables, by Rubin's rules, as CSV");
  command.footer(
      "Reads what `elbow impute --multiple` writes: for each column the mean over the draws, its variance "
      "within and between them, and a 95% interval that counts what is not known of the missing fields.");
  auto o = std::make_shared<PoolOptions>();
  command.option("data", o->table, "CSV or .npz file with a column that numbers the draws").required();
  command.option("--draw", o->draw, "The name of that column").shows_default();
  command.option("--decimal", o->decimal, "The decimal point of its numbers; by default detected")
      .one_of({".", ","});
  command.option("--out", o->out, "File for the result; by default standard output");
  command.flag("--force", o->force, "Write over an existing file");
  command.runs([o] { pool(*o); });
}

}  // namespace elbow
