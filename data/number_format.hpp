#pragma once
#include <limits>
#include <optional>
#include <string>

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

}  // namespace elbow
