#include "data/table_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "autograd/error.hpp"
#include "nn/spelling.hpp"

namespace elbow {
namespace {

std::optional<FeatureKind> kind_of(const std::string& name) {
  if (name == "real") return FeatureKind::real;
  if (name == "binary") return FeatureKind::binary;
  if (name == "categorical") return FeatureKind::categorical;
  return {};
}

char read_separator(const Config& schema) {
  const auto text = schema.get<std::string>("separator", ",");
  if (text == "tab") return '\t';
  if (text.size() != 1 || text == "\"" || text == "\n" || text == "\r")
    schema.fail("separator", "must be one character, or \"tab\"");
  return text[0];
}

TableSchema::Column read_column(const Config& config, const TableFormat& format) {
  TableSchema::Column column;
  column.name = config.get<std::string>("name");
  column.kind = kind_of(config.choice("kind", {"real", "binary", "categorical", "ignore"}));
  if (column.kind == FeatureKind::binary || column.kind == FeatureKind::categorical)
    column.categories = config.get("categories", column.categories);
  config.done();
  const auto& list = column.categories;
  if (column.kind == FeatureKind::binary && !list.empty() && list.size() != 2)
    config.fail("categories", str("must be the two values of a binary column, no and yes, not ", list.size()));
  if (std::set<std::string>(list.begin(), list.end()).size() != list.size())
    config.fail("categories", "names a category twice");
  for (const std::string& category : list)
    if (format.is_missing(category))
      config.fail("categories", str('"', category, "\" stands for a missing value (see `missing`)"));
  return column;
}

}  // namespace

std::optional<TableSchema::Column> TableSchema::find(const std::string& name) const {
  for (const Column& column : columns)
    if (column.name == name) return column;
  if (others) return Column{name, others};
  return {};
}

TableSchema read_schema(const Config& schema, const std::string& file, const std::string& path) {
  TableSchema s;
  s.format.separator = read_separator(schema);
  s.format.header = schema.get<bool>("header", true);
  s.format.missing = schema.get<std::vector<std::string>>("missing", s.format.missing);
  for (std::string& mark : s.format.missing) mark = trimmed(mark);
  const std::string others =
      schema.choice("others", {"error", "ignore", "real", "binary", "categorical"}, "error");
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
    if (!s.format.header) s.format.names.push_back(name);
  }
  if (columns.empty() && (!s.format.header || !s.others)) schema.fail("columns", "must name the columns");
  return s;
}

}  // namespace elbow
