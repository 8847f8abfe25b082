#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace elbow {

/// A table of numbers, written as CSV: a header line, then one line per row, '\n' after each.
class CsvTable {
 public:
  explicit CsvTable(std::vector<std::string> header) : header_(std::move(header)) {}

  /// Appends a row. A number is written as the shortest text that reads back as the same double, so that whole
  /// numbers have no point; NaN (there is no value here) as an empty field. Error if it has not one number per
  /// column.
  void add(const std::vector<double>& row);

  /// The whole file. Names with a comma, quote or line break are quoted (RFC 4180).
  std::string text() const;
  /// Writes the file atomically; Error as write_file_atomically.
  void write(const std::filesystem::path& path) const;

 private:
  std::vector<std::string> header_;
  std::string body_;
};

/// The shortest text that reads back as the same double: "0.1", "3", "1e-07", "inf", "nan".
std::string to_text(double value);

}  // namespace elbow
