#include "data/table_columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"
#include "data/number_summary.hpp"

namespace elbow {
namespace {

// The format with the range that the schema sets.
NumberFormat within_schema(NumberFormat number, const TableSchema::Column& column) {
  if (column.low) number.low = *column.low, number.high = std::max(number.high, number.low);
  if (column.high) number.high = *column.high, number.low = std::min(number.low, number.high);
  return number;
}

NumberSummary summary_of(const std::vector<double>& numbers, std::span<const int64_t> rows) {
  NumberSummary summary;
  for (const int64_t r : rows)
    if (!std::isnan(numbers[size_t(r)])) summary.add(numbers[size_t(r)]);
  return summary;
}

// How a model's outputs are rounded and clipped. The schema says; else whole numbers where all training rows have them,
// within their range; no negative number where there is none; and 0 to 1 where all lie there. The distributions of counts and of
// positive numbers know that already.
NumberFormat output_format_of(const TableSchema::Column& column, const NumberSummary& seen) {
  NumberFormat number = column.field.number;
  if (is_count(*column.kind)) number.whole = true, number.low = 0;
  if (is_count(*column.kind) || column.kind == FeatureKind::positive) return within_schema(number, column);
  number.whole = column.whole.value_or(column.fitted && seen.is_whole());
  if (column.fitted) {
    if (number.whole || seen.low() >= 0) number.low = seen.low();
    if (number.whole || (seen.low() >= 0 && seen.high() <= 1)) number.high = seen.high();
  }
  return within_schema(number, column);
}

// The texts of some rows, sorted.
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
  throw Error(str("column ", name, ": is binary, but has only the value ", quoted(found[0]),
                  " in the training rows: list its two `categories` in the schema, or ignore it"));
}

}  // namespace

TableCodec fit_codec(const TableColumns& table, const TableFormat& format, std::span<const int64_t> train,
                     std::vector<std::string>* notes, const HeldOut& held_out, uint64_t seed) {
  std::vector<Feature> features;
  std::vector<const TextColumn*> columns;
  std::vector<Scale> scales;
  std::vector<FieldFormat> fields;
  std::vector<Constant> constants;
  int64_t first = 0;
  const auto note = [&](const std::string& name, const std::string& what) {
    if (notes) notes->push_back(str("column ", name, ": ", what));
  };
  for (const TextColumn& c : table.columns) {
    Feature f{c.schema.name, *c.schema.kind, first, 1, c.schema.categories};
    Scale scale;
    FieldFormat field = c.schema.field;
    bool empty = false;
    if (is_numeric(f.kind)) {
      const NumberSummary seen = summary_of(c.numbers, train);
      empty = seen.count() == 0 && !c.schema.constant;
      if (!empty && (c.schema.constant || seen.is_constant())) {
        constants.push_back({f.name, c.schema.constant.value_or(seen.low()), field, features.size()});
        note(f.name, str("is ", constants.back().text(), c.schema.constant ? "" : " in all training rows",
                         ": it is reproduced as it is, and is not in the model"));
        continue;
      }
      try {
        scale = fit_scale(f.kind, c.numbers, train);
      } catch (const Error& e) { throw Error(str("column ", f.name, ": ", e.what())); }
      if (!empty && !std::isfinite(scale.mean + scale.sd))
        throw Error(str("column ", f.name, ": its numbers are too large to be scaled"));
      if (!empty && scale.sd == 0)
        throw Error(str("column ", f.name, ": its numbers differ too little to be scaled"));
      field.number = output_format_of(c.schema, seen);
      for (const NumberSummary::Outlier& o : seen.outliers())
        note(f.name, str(c.schema.field.number.write(o.value, 0, 17), " (in ", o.rows,
                         " training row(s)) is far from all other values: if it means a "
                         "missing one, list it in the column's `missing`"));
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
    columns.push_back(&c);
    scales.push_back(scale);
    fields.push_back(std::move(field));
  }
  if (features.empty()) throw Error("no column is left to learn: all are constant or ignored");
  const int64_t rows = int64_t(train.size());
  std::vector<int64_t> fitted = fitted_rows(rows, held_out.of(rows, int64_t(features.size())), seed);
  for (int64_t& row : fitted) row = train[size_t(row)];
  for (size_t i = 0; i < features.size() && fitted.size() < train.size(); ++i) {
    if (!is_numeric(features[i].kind)) continue;
    const NumberSummary seen = summary_of(columns[i]->numbers, fitted);
    if (seen.low() < seen.high()) scales[i] = fit_scale(features[i].kind, columns[i]->numbers, fitted);
  }
  return TableCodec(std::move(features), std::move(scales), format, std::move(fields), std::move(constants));
}

TableRows encode_rows(const TableColumns& table, const TableCodec& codec, std::span<const int64_t> index,
                      std::vector<std::string>* unknown) {
  const int64_t d = codec.columns(), n = int64_t(index.size());
  TableRows rows{Tensor::zeros({n, d}), Tensor::zeros({n, d})};
  float *x = rows.x.data<float>(), *observed = rows.observed.data<float>();
  size_t feature = 0;
  for (const TextColumn& column : table.columns) {
    const auto& constants = codec.constants();
    const auto is_this = [&](const Constant& c) { return c.name == column.schema.name; };
    if (const auto c = std::find_if(constants.begin(), constants.end(), is_this); c != constants.end()) {
      const auto differs = [&](int64_t r) {
        return !std::isnan(column.numbers[size_t(r)]) && column.numbers[size_t(r)] != c->value;
      };
      const auto others = std::count_if(index.begin(), index.end(), differs);
      if (others > 0 && unknown)
        unknown->push_back(str("column ", c->name, ": ", others, " test row(s) have other values than ",
                               c->text(), ", which all training rows have: they are not used"));
      continue;
    }
    const Feature& f = codec.features()[feature];
    const Scale& scale = codec.scales()[feature];
    std::vector<int32_t> category;  // of each text; -1: unknown
    for (const std::string& text : column.texts) category.push_back(codec.category(feature, text));
    ++feature;
    std::map<int32_t, int64_t> strangers;  // how often each unknown text occurs
    for (int64_t r = 0; r < n; ++r) {
      float* to = x + r * d + f.first;
      if (is_numeric(f.kind)) {
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
    if (strangers.empty() || !unknown) continue;
    std::vector<std::string> texts;
    int64_t count = 0;
    for (const auto& [code, times] : strangers) texts.push_back(column.texts[size_t(code)]), count += times;
    unknown->push_back(str("column ", f.name, ": ", few_of(texts), " of ", count, " test row(s) ",
                           texts.size() == 1 ? "is" : "are", " in no training row: counted as missing"));
  }
  return rows;
}

}  // namespace elbow
