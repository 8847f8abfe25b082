#pragma once
#include <string>

#include "metrics/results.hpp"

namespace elbow {

/// A number with so many digits after the point; "-" where it is not finite.
std::string fixed(double value, int digits);

/// So many digits after the point that two of the error's count: 3 for 0.012. 4 where it is not a number.
int digits_for(double standard_error);

/// "1.25 +- 0.02"; the mean alone where its error is not finite.
std::string with_error(const Estimate& estimate, int digits);
/// The same, with as many digits as the error says (digits_for).
std::string with_error(const Estimate& estimate);

/// A text in a figure, made from any string whatever: gnuplot prints it as it is, and nothing in it is a command, mark-up or a
/// format. Figures take texts of this type alone.
class PlotText {
 public:
  PlotText() = default;
  PlotText(const std::string& text);  // NOLINT: from strings and literals without further ado
  PlotText(const char* text) : PlotText(std::string(text)) {}  // NOLINT

  bool empty() const { return shown_.empty(); }
  /// What is printed: plain_text of what it was made from, and the ends of more than 120 characters.
  const std::string& shown() const { return shown_; }

  /// A literal of a gnuplot script, in single quotes; `bold` if so. Also where gnuplot takes it for a format, as it does with
  /// a tick's text.
  std::string literal(bool bold = false) const;

 private:
  std::string shown_;
};

}  // namespace elbow
