#include "data/table_columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "autograd/error.hpp"
#include "nn/spelling.hpp"

namespace elbow {
namespace {

constexpr size_t most_categories = 1000;  // more one-hot columns than that are no category but a name

// Takes in one column, field by field.
class ColumnReader {
 public:
  ColumnReader(TextColumn& column, const TableFormat& format) : column_(column), format_(format) {
    column_.texts = column_.schema.categories;
    for (size_t i = 0; i < column_.texts.size(); ++i) codes_[column_.texts[i]] = int32_t(i);
  }

  // Whether there is a value.
  bool add(const std::string& text) {
    const bool there = !format_.is_missing(text);
    if (column_.schema.kind == FeatureKind::real)
      column_.numbers.push_back(there ? number(text) : std::numeric_limits<double>::quiet_NaN());
    else
      column_.codes.push_back(there ? code(text) : -1);
    return there;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(str("column ", column_.schema.name, ": ", what));
  }
  double number(const std::string& text) const {
    if (const std::optional<double> value = parse_number(text)) return *value;
    refuse(str('"', text, "\" is neither a number nor a mark of a missing value (",
               quoted_list(format_.missing), ')'));
  }
  int32_t code(const std::string& text) {
    if (const auto at = codes_.find(text); at != codes_.end()) return at->second;
    const auto& listed = column_.schema.categories;
    if (!listed.empty() && column_.schema.closed)
      refuse(str('"', text, "\" is none of ", quoted_list(listed), did_you_mean(text, listed)));
    column_.texts.push_back(text);
    const size_t count = column_.texts.size();
    if (listed.empty() && column_.schema.kind == FeatureKind::binary && count > 2)
      refuse("has more than two values, " + quoted_list(column_.texts) + ", and is not binary");
    if (listed.empty() && count > most_categories)
      refuse(str("has more than ", most_categories,
                 " different values and is not categorical: is it to be ignored?"));
    return codes_[text] = int32_t(count) - 1;
  }

  TextColumn& column_;
  const TableFormat& format_;
  std::unordered_map<std::string, int32_t> codes_;
};

// Mean and standard deviation of the numbers that are there.
Scale fit_scale(const std::vector<double>& numbers, std::span<const int64_t> rows) {
  double n = 0, sum = 0, squares = 0;
  for (const int64_t r : rows)
    if (!std::isnan(numbers[size_t(r)])) n += 1, sum += numbers[size_t(r)];
  const double mean = sum / n;
  for (const int64_t r : rows)
    if (const double v = numbers[size_t(r)]; !std::isnan(v)) squares += (v - mean) * (v - mean);
  // what the rounding of the mean alone may leave of a constant column is no spread
  const double variance = squares / n, rounding = n * std::numeric_limits<double>::epsilon() * mean;
  const bool constant = std::isfinite(variance) && variance <= rounding * rounding;
  return {mean, constant ? 1.0 : std::sqrt(variance)};
}

// The texts that stand in some rows, sorted.
std::vector<std::string> texts_in(const TextColumn& column, std::span<const int64_t> rows) {
  std::set<std::string> found;
  std::vector<bool> seen(column.texts.size(), false);
  for (const int64_t r : rows)
    if (const int32_t code = column.codes[size_t(r)]; code >= 0 && !seen[size_t(code)]) {
      seen[size_t(code)] = true;
      found.insert(column.texts[size_t(code)]);
    }
  return {found.begin(), found.end()};
}

// The two values of a binary column, no and yes.
std::vector<std::string> two_values(const std::string& name, const std::vector<std::string>& found,
                                    const TableFormat& format) {
  if (found.size() == 2) return found;
  const bool digit = found[0] == "0" || found[0] == "1";
  if (digit && !format.is_missing("0") && !format.is_missing("1")) return {"0", "1"};
  throw Error(str("column ", name, ": is binary, but has only the value \"", found[0],
                  "\" in the training rows: list its two `categories` in the schema, or ignore it"));
}

}  // namespace

TextTable read_text_table(const std::filesystem::path& path, const TableSchema& schema) {
  TableFile file(path, schema.format);
  const std::vector<std::string>& header = file.names();
  const auto refuse = [&](const std::string& what) { throw Error(str(path.string(), ": ", what)); };
  TextTable table;
  std::vector<size_t> places;  // of the columns in the file
  std::vector<std::string> unknown, listed;
  for (const TableSchema::Column& c : schema.columns) {
    listed.push_back(c.name);
    if (std::find(header.begin(), header.end(), c.name) == header.end())
      refuse(str("has no column \"", c.name, "\", which the schema names", did_you_mean(c.name, header)));
  }
  for (size_t i = 0; i < header.size(); ++i) {
    const std::optional<TableSchema::Column> column = schema.find(header[i]);
    if (!column && !schema.format.ignore_others) unknown.push_back(header[i]);
    if (!column || !column->kind) continue;
    table.columns.push_back({*column, {}, {}, {}});
    places.push_back(i);
  }
  if (!unknown.empty())
    refuse(str("has columns that the schema does not name: ", quoted_list(unknown),
               did_you_mean(unknown[0], listed), " (\"others\": \"ignore\" leaves them out)"));
  if (places.empty()) refuse("all of its columns are ignored");

  std::vector<ColumnReader> readers;
  for (TextColumn& column : table.columns) readers.emplace_back(column, schema.format);
  for (std::vector<std::string> fields; file.next(fields); ++table.rows)
    for (size_t i = 0; i < places.size(); ++i) try {
        if (!readers[i].add(fields[places[i]])) table.anything_missing = true;
      } catch (const Error& e) { throw Error(str(file.where(), ": ", e.what())); }
  return table;
}

TableCodec fit_codec(const TextTable& table, const TableFormat& format, std::span<const int64_t> train) {
  std::vector<Feature> features;
  std::vector<Scale> scales;
  int64_t first = 0;
  for (const TextColumn& c : table.columns) {
    Feature f{c.schema.name, *c.schema.kind, first, 1, c.schema.categories};
    Scale scale;
    bool empty = false;
    if (f.kind == FeatureKind::real) {
      scale = fit_scale(c.numbers, train);
      empty = std::isnan(scale.mean);
      if (!empty && !std::isfinite(scale.mean + scale.sd))
        throw Error(str("column ", f.name, ": its numbers are too large to be scaled"));
    } else if (f.categories.empty()) {
      f.categories = texts_in(c, train);
      empty = f.categories.empty();
      if (!empty && f.kind == FeatureKind::binary) f.categories = two_values(f.name, f.categories, format);
    }
    if (empty)
      throw Error(str("column ", f.name, ": has no value in the training rows: let the schema ignore it"));
    if (f.kind == FeatureKind::categorical) f.width = int64_t(f.categories.size());
    first += f.width;
    features.push_back(std::move(f));
    scales.push_back(scale);
  }
  return TableCodec(std::move(features), std::move(scales), format);
}

TableRows encode_rows(const TextTable& table, const TableCodec& codec, std::span<const int64_t> index,
                      std::vector<std::string>* unknown) {
  const int64_t d = codec.columns(), n = int64_t(index.size());
  TableRows rows{Tensor::zeros({n, d}), Tensor::zeros({n, d})};
  float *x = rows.x.data<float>(), *observed = rows.observed.data<float>();
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const TextColumn& column = table.columns[i];
    const Feature& f = codec.features()[i];
    const Scale& scale = codec.scales()[i];
    std::vector<int64_t> category;  // of each text; -1: unknown
    for (const std::string& text : column.texts) {
      const auto at = std::find(f.categories.begin(), f.categories.end(), text);
      category.push_back(at == f.categories.end() ? -1 : at - f.categories.begin());
    }
    std::map<int32_t, int64_t> strangers;  // how often each unknown text occurs
    for (int64_t r = 0; r < n; ++r) {
      float* to = x + r * d + f.first;
      if (f.kind == FeatureKind::real) {
        const double v = column.numbers[size_t(index[r])];
        if (std::isnan(v)) continue;
        try {
          *to = scale.of(v);
        } catch (const Error& e) { throw Error(str("column ", f.name, ": ", e.what())); }
      } else {
        const int32_t code = column.codes[size_t(index[r])];
        if (code < 0) continue;
        if (category[size_t(code)] < 0) {
          ++strangers[code];
          continue;
        }
        if (f.kind == FeatureKind::binary)
          *to = float(category[size_t(code)]);
        else
          to[category[size_t(code)]] = 1;
      }
      std::fill_n(observed + r * d + f.first, f.width, 1.0f);
    }
    if (!unknown) continue;
    for (const auto& [code, count] : strangers)
      unknown->push_back(str("column ", f.name, ": the category \"", column.texts[size_t(code)], "\" of ",
                             count, " test row(s) is in no training row: it counts as missing"));
  }
  return rows;
}

}  // namespace elbow
