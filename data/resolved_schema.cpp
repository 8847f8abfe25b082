#include <algorithm>
#include <cmath>

#include "data/table_schema.hpp"

namespace elbow {
namespace {

TableSchema::Column column_of(const TableCodec& codec, size_t feature) {
  const Feature& f = codec.features()[feature];
  TableSchema::Column column{f.name, f.kind, f.categories};
  column.field = codec.fields()[feature];
  column.fitted = false;  // what the training rows say stands here
  if (!is_numeric(f.kind)) return column;
  const NumberFormat& number = column.field.number;
  column.whole = number.whole;
  if (std::isfinite(number.low)) column.low = number.low;
  if (std::isfinite(number.high)) column.high = number.high;
  return column;
}

TableSchema::Column column_of(const Constant& constant) {
  TableSchema::Column column{constant.name, FeatureKind::real};
  column.field = constant.field;
  column.fitted = false;
  column.constant = constant.value;
  return column;
}

}  // namespace

TableSchema resolved_schema(const TableCodec& codec) {
  TableSchema schema{codec.format(), {}, {}};
  std::vector<TableSchema::Column> columns;  // in the order of the file
  for (size_t f = 0; f < codec.features().size(); ++f) columns.push_back(column_of(codec, f));
  for (auto c = codec.constants().rbegin(); c != codec.constants().rend(); ++c)
    columns.insert(columns.begin() + long(c->before), column_of(*c));
  const TableFormat& format = schema.format;
  if (format.names.empty()) {  // a header says where they stand
    schema.columns = std::move(columns);
    for (const std::string& name : format.ignored) schema.columns.push_back({name, {}});
    for (TableSchema::Column& column : schema.columns) column.number = format.number_of(column.name);
    return schema;
  }
  auto column = columns.begin();
  for (const std::string& name : format.names)
    if (column != columns.end() && column->name == name)
      schema.columns.push_back(std::move(*column++));
    else
      schema.columns.push_back({name, {}});
  return schema;
}

TableCodec codec_from(const TableSchema& schema, std::vector<Scale> scales) {
  std::vector<Feature> features;
  std::vector<FieldFormat> fields;
  std::vector<Constant> constants;
  int64_t first = 0;
  for (const TableSchema::Column& c : schema.columns) {
    if (!c.kind) continue;
    FieldFormat field = c.field;
    if (c.constant) {
      constants.push_back({c.name, *c.constant, field, features.size()});
      continue;
    }
    field.number.whole = c.whole.value_or(false);
    if (c.low) field.number.low = *c.low;
    if (c.high) field.number.high = *c.high;
    const bool one_hot = c.kind == FeatureKind::categorical;
    if (one_hot && c.categories.empty()) throw Error(str("column ", c.name, ": its categories are not named"));
    const int64_t width = one_hot ? int64_t(c.categories.size()) : 1;
    features.push_back({c.name, *c.kind, first, width, c.categories});
    fields.push_back(std::move(field));
    first += width;
  }
  return TableCodec(std::move(features), std::move(scales), schema.format, std::move(fields),
                    std::move(constants));
}

}  // namespace elbow
