#include "experiments/runs/number_table.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/error.hpp"
#include "data/table_file.hpp"

namespace elbow {

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
