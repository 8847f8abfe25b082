#include "data/csv.hpp"

#include <array>
#include <charconv>

#include "base/error.hpp"
#include "base/files.hpp"

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

}  // namespace elbow
