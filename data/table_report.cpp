#include "data/table_report.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"
#include "data/seen_column.hpp"
#include "data/table_dialect.hpp"

namespace elbow {
namespace {

// New names for columns that the header calls alike.
std::map<int64_t, std::string> renamed(const std::vector<std::string>& header) {
  std::set<std::string> taken(header.begin(), header.end()), seen;
  std::map<int64_t, std::string> names;
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i].empty() || seen.insert(header[i]).second) continue;
    std::string name;
    for (int n = 2; name.empty() || !taken.insert(name).second; ++n) name = str(header[i], '_', n);
    names[int64_t(i) + 1] = name;
  }
  return names;
}

}  // namespace

TableSchema TableReport::schema() const {
  TableSchema schema;
  schema.format = format;
  for (const ColumnReport& c : columns) {
    schema.columns.push_back(c.column);
    schema.columns.back().number = format.number_of(c.column.name);
  }
  return schema;
}

std::vector<std::string> TableReport::all_notes() const {
  std::vector<std::string> all = notes;
  for (const ColumnReport& c : columns)
    for (const std::string& note : c.notes) all.push_back(str("column ", c.column.name, ": ", note));
  return all;
}

namespace {

// How a text is laid out, with notes on what is not as usual.
void find_layout(const TextSource& source, const TableHints& hints, TableReport& report) {
  TableFormat& format = report.format;
  format.separator = hints.separator ? *hints.separator : separator_of(source);
  const auto records = first_records(source, format.separator);
  format.header = hints.header.value_or(has_header(records));
  const NumberFormat numbers = number_format_of(
      {records.begin() + (format.header && !records.empty()), records.end()}, format.separator);
  format.decimal = numbers.decimal;
  format.thousands = numbers.thousands;
  if (format.header && !records.empty()) {
    std::vector<std::string> header = records[0];
    if (records.size() > 1 && records[1].size() == header.size() + 1)
      header.insert(header.begin(), "");  // as TableFile
    format.renamed = renamed(header);
  }
  if (!format.header) {
    for (size_t i = 0; !records.empty() && i < records[0].size(); ++i)
      format.names.push_back(str("column_", i + 1));
    if (!hints.header)
      report.notes.push_back(
          "the first line looks like a row, not like names: the columns are called column_1, column_2, ... "
          "(--header takes it for names)");
  }
  for (const auto& [number, name] : format.renamed)
    report.notes.push_back(str("column ", number, " has the name of an earlier one: it is called ", name));
}

}  // namespace

TableReport report_of(const std::filesystem::path& path, const TableHints& hints) {
  TextSource source(path);
  TableReport report;
  report.arrays = source.is_arrays();
  const TableFormat& format = report.format;
  if (!report.arrays) find_layout(source, hints, report);
  TableFile file(std::move(source), format);
  std::vector<Seen> columns(file.names().size(), Seen(format.numbers()));
  int64_t blank = 0;
  for (std::vector<std::string> fields; file.next(fields);) {
    if (file.is_blank()) {
      ++blank;
      continue;
    }
    ++report.rows;
    for (size_t i = 0; i < fields.size(); ++i)
      if (format.is_missing(fields[i]))
        columns[i].add_missing();
      else
        columns[i].add(fields[i], file.line());
  }
  if (blank > 0) report.notes.push_back(str(blank, " row(s) of nothing but empty fields are left out"));
  for (size_t i = 0; i < columns.size(); ++i)
    report.columns.push_back(
        columns[i].report(file.names()[i], format.header && file.is_unnamed(i), hints.dates));
  return report;
}

}  // namespace elbow
