#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "autograd/error.hpp"
#include "data/table_schema.hpp"

namespace elbow {
namespace {

constexpr size_t most_guessed_categories = 50;
const std::vector<std::string> usual_marks = {"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?"};

const char* name_of(const std::optional<FeatureKind>& kind) {
  if (!kind) return "ignore";
  switch (*kind) {
    case FeatureKind::real: return "real";
    case FeatureKind::binary: return "binary";
    case FeatureKind::categorical: return "categorical";
  }
  return "";
}

// What has been seen of one column.
struct Seen {
  int64_t values = 0;
  bool numbers = true;
  std::set<std::string> texts;  // until there are too many

  void add(const std::string& text) {
    ++values;
    numbers = numbers && parse_number(text);
    if (texts.size() <= most_guessed_categories) texts.insert(text);
  }
  TableSchema::Column guess(const std::string& name) const {
    if (texts.size() == 2) return {name, FeatureKind::binary, {texts.begin(), texts.end()}};
    if (values > 0 && numbers) return {name, FeatureKind::real};
    const bool few = texts.size() <= most_guessed_categories && 2 * int64_t(texts.size()) <= values;
    return {name, values > 0 && few ? std::optional(FeatureKind::categorical) : std::nullopt};
  }
};

// The separator that gives the header the most columns; a comma where there is only one.
char separator_of(const std::filesystem::path& path) {
  char best = ',';
  size_t most = 1;
  for (const char separator : {',', ';', '\t', '|'}) try {
      const size_t columns = TableFile(path, {.separator = separator}).names().size();
      if (columns > most) most = columns, best = separator;
    } catch (const Error&) {  // with that separator, no header
    }
  return best;
}

}  // namespace

TableSchema guess_schema(const std::filesystem::path& path, std::optional<char> separator) {
  TableSchema schema;
  schema.format.separator = separator ? *separator : separator_of(path);
  schema.format.missing = usual_marks;
  TableFile file(path, schema.format);
  std::vector<Seen> columns(file.names().size());
  std::set<std::string> marks = {""};
  for (std::vector<std::string> fields; file.next(fields);)
    for (size_t i = 0; i < fields.size(); ++i)
      if (schema.format.is_missing(fields[i]))
        marks.insert(fields[i]);
      else
        columns[i].add(fields[i]);
  schema.format.missing.assign(marks.begin(), marks.end());
  for (size_t i = 0; i < columns.size(); ++i) schema.columns.push_back(columns[i].guess(file.names()[i]));
  return schema;
}

TableSchema schema_of(const TableCodec& codec) {
  TableSchema schema;
  schema.format.missing = {""};
  for (const Feature& f : codec.features()) schema.columns.push_back({f.name, f.kind, f.categories});
  return schema;
}

Json schema_json(const TableSchema& schema) {
  const TableFormat& format = schema.format;
  Json json = {{"separator", std::string(1, format.separator)}};
  if (!format.header) json["header"] = false;
  json["missing"] = format.missing;
  if (schema.others || format.ignore_others) json["others"] = name_of(schema.others);
  json["columns"] = Json::array();
  for (const TableSchema::Column& c : schema.columns) {
    Json column = {{"name", c.name}, {"kind", name_of(c.kind)}};
    if (!c.categories.empty()) column["categories"] = c.categories;
    json["columns"].push_back(std::move(column));
  }
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
