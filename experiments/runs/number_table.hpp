#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace elbow {

/// A CSV of numbers such as CsvTable writes: a header line, then one line of numbers per row; an empty field is NaN.
class NumberTable {
 public:
  /// Error "FILE:LINE: what is wrong" for a field that is no number or a line with too many or too few.
  static NumberTable read(const std::filesystem::path& path);

  std::size_t rows() const { return values_.size(); }
  bool has(const std::string& column) const;
  /// The values of a column, from the first row to the last. Error, naming file and column, if there is no such one.
  std::vector<double> column(const std::string& name) const;
  /// The same, or all NaN where there is no such column.
  std::vector<double> column_or_nan(const std::string& name) const;

 private:
  std::string file_;
  std::vector<std::string> header_;
  std::vector<std::vector<double>> values_;  // [rows][columns]
};

}  // namespace elbow
