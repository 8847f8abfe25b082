#include "experiments/report/plot_text.hpp"

#include <string_view>

#include "base/plain_text.hpp"

namespace elbow {
namespace {

// What gnuplot's enhanced text takes as it is, within single quotes: a backslash before each character of its mark-up. It
// reads '' as a quote, but not at the beginning nor twice in a row; the quote's number in octal it always does. A percent sign
// stands as its number too: in a tick's text it would begin a format, and make gnuplot cut the text after 50 bytes.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\{}_^@&~").find(c) != std::string_view::npos) out += '\\';
    out += c == '\'' ? "\\047" : c == '%' ? "\\045" : std::string(1, c);
  }
  return out;
}

}  // namespace

PlotText::PlotText(const std::string& text) : shown_(shortened(plain_text(text), 120)) {}

std::string PlotText::literal(bool bold) const {
  // Only where there is mark-up does gnuplot read backslashes: {} is some that prints nothing.
  return bold ? "'{/:Bold " + escaped(shown_) + "}'" : "'{}" + escaped(shown_) + "'";
}

}  // namespace elbow
