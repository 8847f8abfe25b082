#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace elbow {

/// How a table of text is laid out in a file.
struct TableFormat {
  char separator = ',';
  bool header = true;                                           ///< whether the first record names the columns
  std::vector<std::string> names = {};                          ///< of the columns, where there is no header
  std::vector<std::string> missing = {"", "NA", "NaN", "nan"};  ///< what stands where there is no value
  std::vector<std::string> ignored = {};                        ///< columns that are not part of the data
  bool ignore_others = false;  ///< whether columns that nobody has named are ignored, or an error

  bool is_missing(const std::string& text) const;
};

/// A text table, read record by record: CSV after RFC 4180, with any separator. A field in double quotes may hold
/// separators, line breaks and (doubled) quotes. Lines end with LF, CRLF or CR; a byte-order mark and empty lines are
/// skipped. Memory: one record.
class TableFile {
 public:
  /// Opens the file and reads its header. Error if it cannot be read, is empty, or names a column twice.
  TableFile(const std::filesystem::path& path, const TableFormat& format);

  /// The names of the columns, without blanks around them.
  const std::vector<std::string>& names() const { return names_; }

  /// Reads the next record into `fields`, one for each column, without blanks around them; false at the end of the file.
  /// Error "FILE:LINE: has 7 fields, not 12" for a record that is longer or shorter than the header; also for a quote
  /// that is never closed, text after a closing quote, and a file that is not text.
  bool next(std::vector<std::string>& fields);

  /// "FILE:LINE" of the record that was read last, for messages. Lines count from 1.
  std::string where() const;

 private:
  bool record(std::vector<std::string>& fields);
  std::string quoted_field();
  std::string plain_field();
  [[noreturn]] void refuse(int64_t line, const std::string& message) const;

  std::string path_;
  char separator_;
  std::ifstream file_;
  std::vector<std::string> names_;
  int64_t line_ = 1, record_line_ = 1;  // where the reading is; where the last record began
};

/// The text without blanks (spaces, tabs) around it.
std::string trimmed(const std::string& text);

/// One record of a text table, with its line break; fields are quoted where they need it (RFC 4180).
std::string record_text(const std::vector<std::string>& fields, char separator = ',');

}  // namespace elbow
