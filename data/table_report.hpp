#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/number_summary.hpp"
#include "data/table_schema.hpp"

namespace elbow {

/// What a column of a table was taken for, and why.
struct ColumnReport {
  TableSchema::Column column;
  int64_t values = 0, missing = 0;
  NumberSummary numbers = {};           ///< of a column of numbers or dates
  std::vector<std::string> texts = {};  ///< the different texts, sorted, up to most_texts
  bool more_texts = false;              ///< whether there are others
  std::vector<std::string> notes = {};  ///< what the user should check
  static constexpr size_t most_texts = 50;
};

/// A whole table.
struct TableReport {
  TableFormat format;
  bool arrays = false;  ///< whether these are arrays of NumPy's, and no text
  int64_t rows = 0;
  std::vector<ColumnReport> columns;
  std::vector<std::string> notes;  ///< of the table, not of a column

  /// A schema to start from.
  TableSchema schema() const;
  /// All notes, of the table and then of the columns, each with its column's name.
  std::vector<std::string> all_notes() const;
};

/// What the user knows of a table. The rest is detected.
struct TableHints {
  std::optional<char> separator = {};
  std::optional<bool> header = {};
  bool dates = false;  ///< whether columns of dates are taken as numbers of days
};

/// Reads a table once and says what it seems to hold. The separator, the header and the way numbers are written are found in its first
/// 64 KB. A column is
///   binary       if it has two different values,
///   real         if its values are numbers, or all but a few (at most one in ten, of at most five kinds), which are proposed as
///                marks of missing values,
///   date         if all values are dates of one of the usual forms, and `dates` is wanted,
///   categorical  if it has few values: at most 50, each twice on the average,
/// and otherwise ignored, with a note that says why. Error if the file cannot be read.
TableReport report_of(const std::filesystem::path& path, const TableHints& hints = {});

/// The report for a terminal: a line for each column, then the notes.
std::string description_text(const TableReport& report);

}  // namespace elbow
