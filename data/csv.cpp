#include "data/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/error.hpp"
#include "base/files.hpp"
#include "data/table_file.hpp"

namespace elbow {

namespace {

template <class T> std::string shortest(T value) {
  std::array<char, 32> buffer;  // the longest double takes 24 characters
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

}  // namespace

std::string to_text(double value) { return shortest(value); }

std::string float_text(float value) { return shortest(value); }

std::string CsvField::escaped() const {
  if (text_.find_first_of(",\"\r\n") == std::string::npos) return text_;
  std::string quoted(1, '"');
  for (const char c : text_) quoted.append(c == '"' ? 2 : 1, c);  // a quote is doubled
  return quoted.append(1, '"');
}

void CsvTable::add(const std::vector<CsvField>& row) {
  if (row.size() != header_.size())
    fail("csv", "a row of ", row.size(), " fields in a table of ", header_.size(), " columns");
  for (size_t i = 0; i < row.size(); ++i) body_ += (i > 0 ? "," : "") + row[i].escaped();
  body_ += '\n';
}

std::string CsvTable::head() const {
  std::string line;
  for (size_t i = 0; i < header_.size(); ++i) line += (i > 0 ? "," : "") + CsvField(header_[i]).escaped();
  return line += '\n';
}

std::string CsvTable::text() const { return head() + body_; }

void CsvTable::write(const std::filesystem::path& path) const {
  AtomicFile file(path);  // no copy of a body that may be large
  file.write(head());
  file.write(body_);
  file.finish();
}

NumberTable NumberTable::read(const std::filesystem::path& path) {
  TableFile file(path, TableFormat{});
  NumberTable table;
  table.file_ = path.string();
  table.header_ = file.names();
  for (std::vector<std::string> fields; file.next(fields);) {
    std::vector<double> row;
    for (const std::string& field : fields) {
      double value = std::numeric_limits<double>::quiet_NaN();
      const char* end = field.data() + field.size();
      if (const auto read = std::from_chars(field.data(), end, value);
          !field.empty() && (read.ec != std::errc() || read.ptr != end))
        throw Error(file.where() + ": \"" + field + "\" is not a number");
      row.push_back(value);
    }
    table.values_.push_back(std::move(row));
  }
  return table;
}

bool NumberTable::has(const std::string& column) const {
  return std::find(header_.begin(), header_.end(), column) != header_.end();
}

std::vector<double> NumberTable::column(const std::string& name) const {
  const auto at = std::find(header_.begin(), header_.end(), name);
  if (at == header_.end()) throw Error(file_ + ": there is no column " + name);
  std::vector<double> values;
  for (const auto& row : values_) values.push_back(row[std::size_t(at - header_.begin())]);
  return values;
}

std::vector<double> NumberTable::column_or_nan(const std::string& name) const {
  return has(name) ? column(name)
                   : std::vector<double>(values_.size(), std::numeric_limits<double>::quiet_NaN());
}

}  // namespace elbow
