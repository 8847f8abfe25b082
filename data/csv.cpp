#include "data/csv.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "autograd/error.hpp"
#include "nn/files.hpp"

namespace elbow {
namespace {

std::string quoted(const std::string& name) {
  if (name.find_first_of(",\"\r\n") == std::string::npos) return name;
  std::string text(1, '"');
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);  // a quote is doubled
  return text.append(1, '"');
}

}  // namespace

std::string to_text(double value) {
  std::array<char, 32> buffer;  // the longest double takes 24 characters
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

void CsvTable::add(const std::vector<double>& row) {
  if (row.size() != header_.size())
    fail("csv", "a row of ", row.size(), " numbers in a table of ", header_.size(), " columns");
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) body_ += ',';
    if (!std::isnan(row[i])) body_ += to_text(row[i]);
  }
  body_ += '\n';
}

std::string CsvTable::text() const {
  std::string all;
  for (size_t i = 0; i < header_.size(); ++i) {
    if (i > 0) all += ',';
    all += quoted(header_[i]);
  }
  all += '\n';
  return all += body_;
}

void CsvTable::write(const std::filesystem::path& path) const { write_file_atomically(path, text()); }

}  // namespace elbow
