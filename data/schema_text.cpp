#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "data/table_schema.hpp"

// Schemas as JSON.
namespace elbow {

std::string name_of_kind(const TableSchema::Column& column) {
  if (!column.kind) return "ignore";
  if (!column.field.number.date.empty()) return "date";
  switch (*column.kind) {
    case FeatureKind::real: return "real";
    case FeatureKind::positive: return "positive";
    case FeatureKind::heavy_tailed: return "heavy_tailed";
    case FeatureKind::poisson: return "poisson";
    case FeatureKind::count: return "count";
    case FeatureKind::binary: return "binary";
    case FeatureKind::categorical: return "categorical";
  }
  return "";
}

namespace {

std::string name_of(char c) { return c == '\t' ? "tab" : c == ' ' ? "blank" : std::string(1, c); }

// Keys that say nothing new are left out.
Json column_json(const TableSchema::Column& c) {
  const NumberFormat& number = c.field.number;
  Json column;
  if (c.number) column["number"] = c.number;
  column["name"] = c.name;
  column["kind"] = name_of_kind(c);
  if (!c.categories.empty()) column["categories"] = c.categories;
  if (!c.field.missing.empty()) column["missing"] = c.field.missing;
  if (!number.date.empty()) column["format"] = number.date;
  if (!number.prefix.empty()) column["prefix"] = number.prefix;
  if (!number.suffix.empty()) column["suffix"] = number.suffix;
  if (c.whole) column["whole"] = *c.whole;
  if (c.low) column["min"] = *c.low;
  if (c.high) column["max"] = *c.high;
  if (c.constant) column["constant"] = *c.constant;
  return column;
}

}  // namespace

TableSchema schema_of(const TableCodec& codec) {
  TableSchema schema;
  schema.format.missing = {""};
  for (const Feature& f : codec.features()) schema.columns.push_back({f.name, f.kind, f.categories});
  return schema;
}

Json schema_json(const TableSchema& schema) {
  const TableFormat& format = schema.format;
  Json json = {{"separator", name_of(format.separator)}};
  if (!format.header) json["header"] = false;
  if (format.decimal != '.') json["decimal"] = name_of(format.decimal);
  if (format.thousands) json["thousands"] = name_of(format.thousands);
  json["missing"] = format.missing;
  if (schema.others || format.ignore_others)
    json["others"] = schema.others ? name_of_kind({"", schema.others}) : "ignore";
  json["columns"] = Json::array();
  for (const TableSchema::Column& c : schema.columns) json["columns"].push_back(column_json(c));
  return json;
}

std::string schema_text(const TableSchema& schema) {
  const Json json = schema_json(schema);
  std::string text = "{";
  for (const auto& [key, value] : json.items()) {
    text += str(text.size() == 1 ? "\n  " : ",\n  ", Json(key).dump(), ": ");
    if (key != "columns") {
      text += value.dump();
      continue;
    }
    text += '[';
    for (const Json& column : value) text += str(text.back() == '[' ? "\n    " : ",\n    ", column.dump());
    text += "\n  ]";
  }
  return text + "\n}\n";
}

}  // namespace elbow
