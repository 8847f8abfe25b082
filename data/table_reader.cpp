#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/table_columns.hpp"

// How a table is read.
namespace elbow {
namespace {

// Takes in one column, field by field.
class ColumnReader {
 public:
  ColumnReader(TextColumn& column, const TableFormat& format)
      : column_(column),
        marks_(format.missing),
        numbers_(column.schema.field, format.missing),
        codes_(column.schema.categories) {
    column_.texts = column_.schema.categories;
    marks_.insert(marks_.end(), column.schema.field.missing.begin(), column.schema.field.missing.end());
  }

  // Whether there is a value.
  bool add(const std::string& text) try {
    if (is_numeric(*column_.schema.kind)) return add_number(numbers_.read(text));
    column_.codes.push_back(code(text));
    return column_.codes.back() >= 0;
  } catch (const Error& e) { refuse(e); }
  // The same of a number in an array of the file.
  bool add(double number, const TableFile& file) try {
    return is_numeric(*column_.schema.kind) ? add_number(numbers_.read(number)) : add(file.field_of(number));
  } catch (const Error& e) { refuse(e); }

 private:
  [[noreturn]] void refuse(const Error& e) const {
    const std::string column = str("column ", column_.schema.name, ": "), what = e.what();
    throw Error(what.starts_with(column) ? what : column + what);
  }
  bool add_number(double number) {
    column_.numbers.push_back(number);
    if (std::isnan(number)) return false;
    Scale{0, 1, *column_.schema.kind}.transformed(number);  // refuses what the kind cannot have
    return true;
  }
  // -1: missing. What the schema lists is a category even if it looks like a mark.
  int32_t code(const std::string& text) {
    if (const int32_t known = codes_.find(text); known >= 0) return known;
    if (std::find(marks_.begin(), marks_.end(), text) != marks_.end()) return -1;
    const auto& listed = column_.schema.categories;
    if (!listed.empty() && column_.schema.closed)
      throw Error(str(quoted(text), " is none of ", few_of(listed), did_you_mean(text, listed)));
    column_.texts.push_back(text);
    const size_t count = column_.texts.size();
    if (listed.empty() && column_.schema.kind == FeatureKind::binary && count > 2)
      throw Error("has more than two values, " + few_of(column_.texts) + ", and is not binary");
    if (listed.empty() && count > most_categories)
      throw Error(str("has more than ", most_categories,
                      " different values and is not categorical: is it to be ignored?"));
    return codes_.add(text);
  }

  TextColumn& column_;
  std::vector<std::string> marks_;
  NumberReader numbers_;
  CategoryIndex codes_;
};

// Whether the fields of a header are all numbers or marks of missing ones.
bool looks_like_row(const std::vector<std::string>& header) {
  return std::all_of(header.begin(), header.end(), [](const std::string& text) {
    return is_usual_mark_of_numbers(text) || parse_number(text);
  });
}

}  // namespace

TableColumns read_text_table(const std::filesystem::path& path, const TableSchema& schema) {
  TableFile file(path, schema.format);
  const std::vector<std::string>& header = file.names();
  const auto refuse = [&](const std::string& what) { throw Error(str(path.string(), ": ", what)); };
  TableColumns table;
  table.names = header;
  table.names_are_places = !schema.format.header || (schema.format.renamed.empty() &&
                                                     (file.is_arrays() || !schema.format.ignore_others));
  std::vector<size_t> places;  // of the columns in the file
  std::vector<std::string> unknown, listed;
  for (const TableSchema::Column& c : schema.columns) {
    listed.push_back(c.name);
    if (std::find(header.begin(), header.end(), c.name) != header.end()) continue;
    refuse(str("has no column ", quoted(c.name), ", which the schema names", did_you_mean(c.name, header),
               looks_like_row(header)
                   ? " (its first line looks like a row: is \"header\": false missing in the schema?)"
                   : ""));
  }
  for (size_t i = 0; i < header.size(); ++i) {
    const bool named = std::find(listed.begin(), listed.end(), header[i]) != listed.end();
    if (!named && file.is_unnamed(i)) {
      table.names_are_places = false;
      if (!schema.format.ignore_others)
        table.notes.push_back(str("column ", i + 1, " has no name and is ignored"));
      continue;
    }
    const std::optional<TableSchema::Column> column = schema.find(header[i]);
    if (!column && !schema.format.ignore_others) unknown.push_back(header[i]);
    if (!column || !column->kind) continue;
    table.columns.push_back({*column, {}, {}, {}});
    places.push_back(i);
  }
  if (!unknown.empty())
    refuse(str("has columns that the schema does not name: ", few_of(unknown), did_you_mean(unknown[0], listed),
               " (\"others\": \"ignore\" leaves them out)"));
  if (places.empty()) refuse("all of its columns are ignored");
  if (schema.format.header && !schema.format.header_is_known && looks_like_row(header))
    table.notes.push_back(
        str("its first line, ", few_of(header),
            ", looks like a row, and is taken for the names of the columns: \"header\": false "
            "in the schema says otherwise"));

  std::vector<ColumnReader> readers;
  for (TextColumn& column : table.columns) readers.emplace_back(column, schema.format);
  const auto read_row = [&](const auto& add) {
    ++table.rows;
    for (size_t i = 0; i < places.size(); ++i) try {
        if (!add(readers[i], places[i])) table.anything_missing = true;
      } catch (const Error& e) { throw Error(str(file.where(), ": ", e.what())); }
  };
  if (file.is_arrays()) {  // without a detour over text
    for (std::vector<double> row; file.next_numbers(row);)
      read_row([&](ColumnReader& reader, size_t place) { return reader.add(row[place], file); });
    return table;
  }
  int64_t blank = 0;
  for (std::vector<std::string> fields; file.next(fields);) {
    if (file.is_blank()) {
      ++blank;
      continue;
    }
    read_row([&](ColumnReader& reader, size_t place) { return reader.add(fields[place]); });
  }
  if (blank > 0) table.notes.push_back(str(blank, " row(s) of nothing but empty fields are left out"));
  return table;
}

}  // namespace elbow
