#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace elbow {

/// How the numbers of a column are written, and which of them there can be.
struct NumberFormat {
  char decimal = '.';                    ///< between a number's whole part and its fraction
  char thousands = 0;                    ///< between groups of three digits; 0: nothing
  std::string prefix = {}, suffix = {};  ///< what may stand before and after a number, as in "$1,200" and "45%"
  /// Of dates, as strptime has it ("%Y-%m-%d"): they are numbers of days since 1970-01-01. Empty: the column holds numbers.
  std::string date = {};
  bool whole = false;  ///< whether a number that is written is rounded to a whole one; a date to its day
  /// It is brought between these first.
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();

  /// The number that the text is, or nothing. Blanks around it and a leading '+' are allowed; NaN and infinities are no numbers
  /// here. A point is a decimal point also where `decimal` is another, unless it separates thousands.
  std::optional<double> read(const std::string& text) const;
  /// The number as text: the one with the fewest digits that is at most `tolerance` away, with at most `digits` significant digits,
  /// and written out (1500000, not 1.5e+06) unless it is long.
  std::string write(double value, double tolerance, int digits) const;
  /// What read() takes: "a number", "a date like 2021-12-31".
  std::string describe() const;
};

/// The number that the text is with a decimal point and nothing else: NumberFormat().read(text).
std::optional<double> parse_number(const std::string& text);

/// The text without blanks (spaces, tabs) around it.
std::string trimmed(const std::string& text);

/// How the fields of one column are read: what is a number, and what means a missing value.
struct FieldFormat {
  NumberFormat number = {};
  std::vector<std::string> missing = {};  ///< marks of this column, in addition to those of the table
};

/// Tells marks of missing values from numbers.
class NumberReader {
 public:
  /// `table_marks`: those of all columns of the table.
  NumberReader(const FieldFormat& format, const std::vector<std::string>& table_marks);
  /// The number that the text is, or NaN for a mark of a missing value: one of the column or of the table, by its text or its
  /// value (-999.0 is -999), or a usual one. Error '"3,2" is neither a number nor a mark of a missing value ("", "NA", ...)'.
  double read(const std::string& text) const;
  /// The same of a number that is none yet as text: NaN for NaN and for a mark that is such a number. Error as above for infinities, and for
  /// all numbers in a column of dates.
  double read(double number) const;

 private:
  NumberFormat format_;
  std::vector<std::string> marks_;
  std::vector<double> values_;  // of the marks that are numbers
};

/// The categories of a discrete column. A text is found as it is or, where it is a number in plain notation, by its value: "1.0" is
/// "1", but "01" is not.
class CategoryIndex {
 public:
  explicit CategoryIndex(const std::vector<std::string>& categories = {});
  /// The number of the category, from 0; -1 where it is none.
  int32_t find(const std::string& text) const;
  /// Adds a category that is not there yet; returns its number.
  int32_t add(const std::string& text);
  size_t size() const { return texts_.size(); }

 private:
  std::unordered_map<std::string, int32_t> texts_;
  std::map<double, int32_t> values_;
};

}  // namespace elbow
