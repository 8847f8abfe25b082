#include "experiments/compare/number_table.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>

#include "autograd/error.hpp"
#include "nn/files.hpp"

namespace elbow {
namespace {

std::vector<std::string> fields_of(std::string line) {
  if (line.ends_with('\r')) line.pop_back();
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',')
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

}  // namespace

NumberTable NumberTable::read(const std::filesystem::path& path) {
  NumberTable table;
  table.file_ = path.string();
  std::istringstream in(read_file(path));
  std::string line;
  if (!std::getline(in, line)) throw Error(table.file_ + ":1: the header is missing");
  table.header_ = fields_of(line);
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    const auto refuse = [&](const std::string& why) { throw Error(str(table.file_, ':', number, ": ", why)); };
    const auto fields = fields_of(line);
    if (fields.size() != table.header_.size())
      refuse(str(fields.size(), " fields in a table of ", table.header_.size(), " columns"));
    std::vector<double> row;
    for (const std::string& field : fields) {
      double value = std::numeric_limits<double>::quiet_NaN();
      const char* end = field.data() + field.size();
      if (const auto read = std::from_chars(field.data(), end, value);
          !field.empty() && (read.ec != std::errc() || read.ptr != end))
        refuse("\"" + field + "\" is not a number");
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
