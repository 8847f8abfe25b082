#include "data/table_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"

namespace elbow {
namespace {

constexpr auto iso_date = "%Y-%m-%d";

// What a schema may call a column, but for "ignore".
const std::vector<std::pair<std::string, FeatureKind>> kinds = {
    {"real", FeatureKind::real},
    {"integer", FeatureKind::real},  // whose outputs are whole
    {"positive", FeatureKind::positive},
    {"heavy_tailed", FeatureKind::heavy_tailed},
    {"poisson", FeatureKind::poisson},
    {"count", FeatureKind::count},
    {"date", FeatureKind::real},
    {"binary", FeatureKind::binary},
    {"categorical", FeatureKind::categorical},
};

std::optional<FeatureKind> kind_of(const std::string& name) {
  for (const auto& [known, kind] : kinds)
    if (known == name) return kind;
  return {};
}

std::vector<std::string> names_of_kinds(std::vector<std::string> further) {
  for (const auto& [name, kind] : kinds)
    if (name != "date" && name != "integer") further.push_back(name);
  return further;
}

// A character, or its name where it is a blank; 0 where it is left out.
char read_character(const Config& schema, const std::string& key, const std::string& otherwise) {
  const auto text = schema.get<std::string>(key, otherwise);
  if (text == "tab") return '\t';
  if (text == "blank") return ' ';
  if (text.empty() && otherwise.empty()) return 0;
  if (text.size() != 1 || text == "\"" || text == "\n" || text == "\r")
    schema.fail(key, "must be one character, \"tab\" or \"blank\"");
  return text[0];
}

void check_number_marks(const Config& schema, const TableFormat& format) {
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == 'e' || c == 'E';
  };
  if (is_part(format.decimal)) schema.fail("decimal", "is a character of numbers already");
  if (is_part(format.thousands)) schema.fail("thousands", "is a character of numbers already");
  if (format.thousands == format.decimal) schema.fail("thousands", "is the decimal point as well");
}

bool has_digit(const std::string& text) { return text.find_first_of("0123456789") != std::string::npos; }

// A column that is ignored may keep what it said before.
void skip_keys(const Config& config) {
  for (const char* key :
       {"categories", "missing", "prefix", "suffix", "format", "min", "max", "whole", "clip", "constant"})
    if (config.has(key)) config.get<Json>(key);
}

// What only columns of numbers have.
void read_number_keys(const Config& config, TableSchema::Column& column, bool is_date) {
  NumberFormat& number = column.field.number;
  if (is_date) {
    number.date = config.get<std::string>("format", iso_date);
    constexpr double some_day = 18992;
    if (number.date.find('%') == std::string::npos || !number.read(number.write(some_day, 0, 17)))
      config.fail("format", "must be a date as strptime has it, such as \"%d.%m.%Y\"");
  } else {
    number.prefix = config.get<std::string>("prefix", "");
    number.suffix = config.get<std::string>("suffix", "");
    for (const char* key : {"prefix", "suffix"})
      if (has_digit(config.get<std::string>(key, ""))) config.fail(key, "must not hold digits");
  }
  column.low = config.get_optional<double>("min");
  column.high = config.get_optional<double>("max");
  if (column.low && column.high && *column.low > *column.high) config.fail("max", "is less than `min`");
  column.whole = config.get_optional<bool>("whole");
  column.constant = config.get_optional<double>("constant");
  column.fitted = config.get<bool>("clip", true);
}

TableSchema::Column read_column(const Config& config, const TableFormat& format) {
  TableSchema::Column column;
  column.number = config.get_optional<int64_t>("number", at_least(1)).value_or(0);
  column.name = column.number ? config.get<std::string>("name", str("column_", column.number))
                              : config.get<std::string>("name");
  const std::string kind = config.choice("kind", names_of_kinds({"integer", "date", "ignore"}));
  column.kind = kind_of(kind);
  column.field.number = format.numbers();
  if (!column.kind) skip_keys(config);
  if (column.kind) column.field.missing = config.get("missing", column.field.missing);
  for (std::string& mark : column.field.missing) mark = trimmed(mark);
  if (column.kind && is_numeric(*column.kind)) read_number_keys(config, column, kind == "date");
  if (kind == "integer") column.whole = true;
  if (column.kind && !is_numeric(*column.kind)) column.categories = config.get("categories", column.categories);
  config.done();
  auto& list = column.categories;
  for (std::string& category : list) category = trimmed(category);  // as fields are
  if (column.kind == FeatureKind::binary && !list.empty() && list.size() != 2)
    config.fail("categories", str("must be the two values of a binary column, no and yes, not ", list.size()));
  if (list.size() > most_categories)
    config.fail("categories", str("there are ", list.size(), ", more than ", most_categories,
                                  ": is the column to be ignored?"));
  CategoryIndex index;
  for (const std::string& category : list) {
    if (index.find(category) >= 0)
      config.fail("categories", "names the category " + quoted(category) + " twice");
    index.add(category);
  }
  if (std::find(list.begin(), list.end(), "") != list.end())
    config.fail("categories", "an empty field means a missing value");
  return column;
}

}  // namespace

std::optional<TableSchema::Column> TableSchema::find(const std::string& name) const {
  for (const Column& column : columns)
    if (column.name == name) return column;
  if (!others) return {};
  Column column{name, others};
  column.field.number = format.numbers();
  return column;
}

TableSchema read_schema(const Config& schema, const std::string& file, const std::string& path) {
  TableSchema s;
  s.format.separator = read_character(schema, "separator", ",");
  s.format.decimal = read_character(schema, "decimal", ".");
  s.format.thousands = read_character(schema, "thousands", "");
  check_number_marks(schema, s.format);
  s.format.header_is_known = schema.has("header");
  s.format.header = schema.get<bool>("header", true);
  s.format.missing = schema.get<std::vector<std::string>>("missing", s.format.missing);
  for (std::string& mark : s.format.missing) mark = trimmed(mark);
  const std::string others = schema.choice("others", names_of_kinds({"error", "ignore"}), "error");
  s.others = kind_of(others);
  s.format.ignore_others = others == "ignore";
  const auto columns = schema.get("columns", std::vector<Json>());
  std::set<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string place = str(path, path.empty() ? "" : ".", "columns[", i, ']');
    s.columns.push_back(read_column(Config(columns[i], file, place), s.format));
    const std::string& name = s.columns.back().name;
    if (!names.insert(name).second) schema.fail("columns", "the column \"" + name + "\" is there twice");
    if (!s.columns.back().kind) s.format.ignored.push_back(name);
    if (const int64_t number = s.columns.back().number) {
      if (!s.format.header) schema.fail("columns", "`number` renames what a header names, and there is none");
      if (!s.format.renamed.emplace(number, name).second)
        schema.fail("columns", str("the column with the number ", number, " is there twice"));
    }
    s.format.names.push_back(name);
  }
  // Where numbers say where columns stand, or only some are named, their order says nothing.
  if (!s.format.renamed.empty() || (s.format.header && s.format.ignore_others && !s.format.ignored.empty()))
    s.format.names.clear();
  if (columns.empty() && !s.others) schema.fail("columns", "must name the columns");
  return s;
}

}  // namespace elbow
