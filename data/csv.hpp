#pragma once
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace elbow {

/// One field of a table: a number, written as the shortest text that reads back as the same number, so that whole
/// numbers have no point, and NaN (there is no value here) as nothing; or text.
class CsvField {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> CsvField(T number);
  CsvField(std::string text) : text_(std::move(text)) {}
  CsvField(const char* text) : text_(text) {}
  /// As it stands between two commas: with a comma, quote or line break in it, in quotes (RFC 4180).
  std::string escaped() const;

 private:
  std::string text_;
};

/// A table, written as CSV: a header line, then one line per row, '\n' after each.
class CsvTable {
 public:
  explicit CsvTable(std::vector<std::string> header) : header_(std::move(header)) {}

  /// Appends a row. Error if it has not one field per column.
  void add(const std::vector<CsvField>& row);

  /// The whole file.
  std::string text() const;
  /// Writes the file as AtomicFile does; Errors as there.
  void write(const std::filesystem::path& path) const;

 private:
  std::string head() const;  // the header line

  std::vector<std::string> header_;
  std::string body_;
};

/// The shortest text that reads back as the same double: "0.1", "3", "1e-07", "inf", "nan".
std::string to_text(double value);

/// The shortest text that reads back as the same float.
std::string float_text(float value);

template <class T>
requires std::is_arithmetic_v<T> CsvField::CsvField(T number) {
  if (number != number) return;
  if constexpr (std::is_same_v<T, float>)
    text_ = float_text(number);
  else
    text_ = to_text(double(number));
}

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
