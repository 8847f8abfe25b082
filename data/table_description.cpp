#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"
#include "data/table_report.hpp"

// What `elbow describe` prints.
namespace elbow {
namespace {

using Line = std::vector<std::string>;

size_t width_of(const std::string& text) {
  size_t width = 0;
  for (std::string_view rest = text; !rest.empty(); ++width)
    rest.remove_prefix(std::max<size_t>(first_character(rest).bytes, 1));
  return width;
}

// The columns of the lines below each other, two blanks apart.
std::string aligned(const std::vector<Line>& lines) {
  Line::size_type columns = lines[0].size();
  std::vector<size_t> widths(columns);
  for (const Line& line : lines)
    for (size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  std::string text;
  for (const Line& line : lines) {
    std::string row;
    for (size_t i = 0; i < columns; ++i) row += line[i] + std::string(widths[i] + 2 - width_of(line[i]), ' ');
    text += row.substr(0, row.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string kind_text(const TableSchema::Column& column) {
  return column.kind ? name_of_kind(column) : "ignored";
}

// The range of numbers, or the texts.
std::string values_text(const ColumnReport& c) {
  if (c.numbers.count() == 0)
    return c.more_texts ? str("more than ", ColumnReport::most_texts,
                              " texts: ", few_of({c.texts.begin(), c.texts.begin() + 3}), ", ...")
                        : few_of(c.texts);
  const auto text = [&](double value) { return c.column.field.number.write(value, 0, 17); };
  if (c.numbers.is_constant()) return "always " + text(c.numbers.low());
  return str(text(c.numbers.low()), " to ", text(c.numbers.high()),
             c.numbers.is_whole() && c.column.field.number.date.empty() ? ", whole numbers" : "");
}

std::string separator_text(char c) { return c == '\t' ? "tabs" : c == ' ' ? "blanks" : str('"', c, '"'); }

}  // namespace

std::string description_text(const TableReport& report) {
  const TableFormat& format = report.format;
  std::string text = str(report.rows, " rows, ", report.columns.size(), " columns");
  text += report.arrays ? ", arrays of NumPy's" : ", separated by " + separator_text(format.separator);
  if (format.decimal != '.') text += str(", decimals after \"", format.decimal, '"');
  if (format.thousands) text += str(", thousands apart by \"", format.thousands, '"');
  text += format.header ? "\n\n" : ", without a header\n\n";
  std::vector<Line> lines{{"column", "kind", "values", "missing", "what they are"}};
  for (const ColumnReport& c : report.columns)
    lines.push_back({c.column.name, kind_text(c.column), str(c.values), str(c.missing), values_text(c)});
  text += aligned(lines);
  std::string notes;
  for (const std::string& note : report.all_notes()) notes += "note: " + note + '\n';
  return notes.empty() ? text : text + '\n' + notes;
}

}  // namespace elbow
