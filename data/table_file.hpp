#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/array_table.hpp"
#include "data/field_format.hpp"
#include "data/text_source.hpp"

namespace elbow {

/// Marks of a missing value in every kind of column, unless a schema says otherwise: what pandas, R, SQL and
/// spreadsheets write, without blanks around it.
const std::vector<std::string>& usual_marks();
/// Whether the text is a mark of a missing value among numbers, whatever a schema says: a usual mark, "." or "-".
bool is_usual_mark_of_numbers(const std::string& text);

/// How a table of text is laid out in a file.
struct TableFormat {
  /// Between two fields; ' ': any number of blanks.
  char separator = ',';
  bool header = true;           ///< whether the first record names the columns
  bool header_is_known = true;  ///< whether somebody has said so
  /// Of the columns, where the file has no names: of a text without a header (empty: column_1, column_2, ...), and of an array
  /// of so many columns (x0, x1, ... where all of these are such names, or it has another number of columns).
  std::vector<std::string> names = {};
  std::map<int64_t, std::string> renamed =
      {};  ///< the columns with these numbers, from 1, whatever the header calls them
  std::vector<std::string> missing = usual_marks();  ///< what stands where there is no value
  char decimal = '.', thousands = 0;                 ///< see NumberFormat
  std::vector<std::string> ignored = {};             ///< columns that are not in the data
  bool ignore_others = false;  ///< whether columns that nobody has named are ignored, or an error

  bool is_missing(const std::string& text) const;
  /// How numbers are written, as far as it is the same for all columns.
  NumberFormat numbers() const;
  /// The number of a column that is renamed; 0 for any other.
  int64_t number_of(const std::string& name) const;
};

/// A table, read record by record: a text, or arrays of NumPy's (ArrayTable). The text is CSV after RFC 4180, with any separator. A field in double quotes may hold
/// separators, line breaks and (doubled) quotes. Lines end with LF, CRLF or CR; empty lines are skipped. Memory: one record.
///
/// A column for which the header has no name is called column_N, N being its number from 1; if the first record has one field
/// more than the header, as R writes tables, that is its first column.
///
/// A row of arrays has no line but a number, from 0. Its numbers become the shortest fields that read back as they are, NaN a mark
/// of a missing value.
class TableFile {
 public:
  /// Opens the file and reads its header. Error if it cannot be read, is empty, or names a column twice.
  TableFile(const std::filesystem::path& path, const TableFormat& format);
  TableFile(TextSource source, const TableFormat& format);

  /// The names of the columns, without blanks around them.
  const std::vector<std::string>& names() const { return names_; }
  /// Whether the file has no name for that column.
  bool is_unnamed(size_t column) const { return unnamed_[column]; }
  /// Whether the table is one of numbers in arrays, which next_numbers() reads.
  bool is_arrays() const { return arrays_ != nullptr; }
  /// Reads the next row of arrays as numbers, NaN where one is missing; false at the end. Errors as ArrayTable.
  bool next_numbers(std::vector<double>& row);
  /// A number of an array as the field that next() makes of it.
  std::string field_of(double number) const;

  /// Reads the next record into `fields`, one for each column, without blanks around them; false at the end of the file.
  /// Empty fields at the end may be more or, of unnamed columns, fewer than the columns. Error "FILE:LINE: has 7 fields, not 12"
  /// for any other record that is longer or shorter; also for a quote that is never closed, text after a closing quote, and a
  /// file that is not text in UTF-8.
  bool next(std::vector<std::string>& fields);
  /// Whether all fields of the record that was read last are empty; no row of arrays is blank.
  bool is_blank() const { return blank_; }
  /// The same for a record of any length, for callers that do not know the columns yet.
  bool next_record(std::vector<std::string>& fields);

  /// "FILE:LINE" of the record that was read last, for messages; lines count from 1. Of arrays "FILE[ROW]", from 0.
  std::string where() const;
  int64_t line() const { return record_line_; }

 private:
  void read_header(const TableFormat& format);
  void open_arrays(const TableFormat& format);
  void finish_names(const TableFormat& format);
  bool read(std::vector<std::string>& fields);
  void fit(std::vector<std::string>& fields);
  void skip_blanks();
  bool at_field_end();
  std::string quoted_field();
  std::string plain_field();
  [[noreturn]] void refuse(int64_t line, const std::string& message) const;

  TextSource source_;
  std::unique_ptr<ArrayTable> arrays_;  // null: a text
  std::vector<double> numbers_;         // [columns of arrays], the row that was read last
  std::string missing_;                 // the field that NaN becomes
  char separator_, decimal_;
  std::vector<std::string> names_;
  std::vector<bool> unnamed_;
  std::vector<std::string> first_;  // the first row, until next() returns it
  bool has_first_ = false, blank_ = false;
  int64_t line_ = 1, record_line_ = 1;  // where the reading is; where the last record began
  int64_t header_line_ = 1;
};

/// One record of a text table, with its line break; fields are quoted where they need it (RFC 4180).
std::string record_text(const std::vector<std::string>& fields, char separator = ',');

}  // namespace elbow
