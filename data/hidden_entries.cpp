#include "data/hidden_entries.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "autograd/random.hpp"
#include "base/error.hpp"
#include "base/streams.hpp"
#include "base/text.hpp"

namespace elbow {

Mechanism mechanism_named(const std::string& name) {
  const std::vector<std::string> names = {"mcar", "mar", "mnar"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw Error(str(quoted(name), " is none of ", quoted_list(names)));
  return Mechanism(found - names.begin());
}

int64_t HiddenEntries::count() const { return std::accumulate(hidden.begin(), hidden.end(), int64_t{0}); }

namespace {

bool is_there(const TextColumn& c, int64_t row) {
  return is_numeric(*c.schema.kind) ? !std::isnan(c.numbers[size_t(row)]) : c.codes[size_t(row)] >= 0;
}

// A column with mean 0 and variance 1, and 0 where it is missing or constant.
std::vector<double> standardised(const TextColumn& c, int64_t rows) {
  std::vector<double> v(size_t(rows), 0);
  double n = 0, mean = 0, squares = 0;
  for (int64_t r = 0; r < rows; ++r) {
    if (!is_there(c, r)) continue;
    v[size_t(r)] = is_numeric(*c.schema.kind) ? c.numbers[size_t(r)] : double(c.codes[size_t(r)]);
    const double before = v[size_t(r)] - mean;  // Welford
    mean += before / ++n;
    squares += before * (v[size_t(r)] - mean);
  }
  const double sd = squares > 0 ? std::sqrt(squares / n) : 1;
  for (int64_t r = 0; r < rows; ++r) v[size_t(r)] = is_there(c, r) ? (v[size_t(r)] - mean) / sd : 0;
  return v;
}

double logistic(double v) { return 1 / (1 + std::exp(-v)); }

// The probabilities logistic(score + b), with b so that their mean is `share`: by bisection.
std::vector<double> probabilities_of(std::vector<double> scores, double share) {
  double low = -1000, high = 1000;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    double sum = 0;
    for (const double s : scores) sum += logistic(s + middle);
    (sum < share * double(scores.size()) ? low : high) = middle;
  }
  for (double& s : scores) s = logistic(s + low);
  return scores;
}

}  // namespace

HiddenEntries hide_entries(const TableColumns& table, Mechanism mechanism, double share, uint64_t seed) {
  const int64_t rows = table.rows, columns = int64_t(table.columns.size());
  if (!(share > 0 && share < 1))
    throw Error(str("the share of hidden entries must lie between 0 and 1, not be ", share));
  if (mechanism == Mechanism::mar && columns < 2)
    throw Error("mar: one column alone has no others on which its missing entries could depend");
  const auto order = permutation({seed, stream::hidden, 0}, columns);
  const int64_t kept =
      mechanism == Mechanism::mar ? std::max<int64_t>(1, columns / 3) : 0;  // the first ones in that order
  std::vector<std::vector<double>> kept_columns;
  for (int64_t k = 0; k < kept; ++k)
    kept_columns.push_back(standardised(table.columns[size_t(order[size_t(k)])], rows));

  HiddenEntries out{rows, columns, std::vector<uint8_t>(size_t(rows * columns), 0)};
  std::vector<float> u(static_cast<size_t>(rows)), weights(static_cast<size_t>(kept));
  for (int64_t k = kept; k < columns; ++k) {
    const int64_t c = order[size_t(k)];
    std::vector<double> p(size_t(rows), share);
    if (mechanism == Mechanism::mnar) p = probabilities_of(standardised(table.columns[size_t(c)], rows), share);
    if (mechanism == Mechanism::mar) {
      fill_normal({seed, stream::hidden, uint64_t(1 + 2 * c)}, weights.data(), kept);
      std::fill(p.begin(), p.end(), 0);
      for (int64_t j = 0; j < kept; ++j)
        for (int64_t r = 0; r < rows; ++r)
          p[size_t(r)] += weights[size_t(j)] * kept_columns[size_t(j)][size_t(r)] / std::sqrt(double(kept));
      p = probabilities_of(p, share);
    }
    fill_uniform({seed, stream::hidden, uint64_t(2 + 2 * c)}, u.data(), rows);
    for (int64_t r = 0; r < rows; ++r)
      out.hidden[size_t(r * columns + c)] =
          is_there(table.columns[size_t(c)], r) && u[size_t(r)] < p[size_t(r)];
  }
  return out;
}

HiddenEntries read_hidden_entries(const std::filesystem::path& path, const TableColumns& table) {
  TableFormat format;
  format.header = false;
  TableFile file(path, format);
  const int64_t columns = int64_t(table.columns.size());
  HiddenEntries out{0, columns, {}};
  std::vector<std::string> names;
  for (const TextColumn& c : table.columns) names.push_back(c.schema.name);
  bool first = true;
  for (std::vector<std::string> fields; file.next_record(fields); first = false) {
    const auto refuse = [&](const auto&... what) { throw Error(str(file.where(), ": ", what...)); };
    if (first && fields == names) continue;
    if (int64_t(fields.size()) != columns)
      refuse("has ", fields.size(), " fields; the table has ", columns, " columns that are used");
    for (size_t c = 0; c < fields.size(); ++c) {
      if (fields[c] != "0" && fields[c] != "1")
        refuse(quoted(fields[c]), " in the place of column ", names[c], " is neither 0 nor 1",
               first ? " (a header names the columns of the table, in their order)" : "");
      out.hidden.push_back(fields[c] == "1");
    }
    ++out.rows;
  }
  if (out.rows != table.rows)
    throw Error(str(path.string(), ": has ", out.rows, " rows, and the table ", table.rows));
  return out;
}

TableColumns without(const TableColumns& table, const HiddenEntries& hidden) {
  TableColumns out = table;
  for (int64_t c = 0; c < hidden.columns; ++c)
    for (int64_t r = 0; r < hidden.rows; ++r) {
      if (!hidden.at(r, c)) continue;
      TextColumn& column = out.columns[size_t(c)];
      if (is_numeric(*column.schema.kind))
        column.numbers[size_t(r)] = std::numeric_limits<double>::quiet_NaN();
      else
        column.codes[size_t(r)] = -1;
    }
  out.anything_missing = out.anything_missing || hidden.count() > 0;
  return out;
}

}  // namespace elbow
