#include "experiments/report/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "base/text.hpp"

namespace elbow {

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  std::string text(size_t(std::snprintf(nullptr, 0, "%.*f", digits, value)), ' ');
  std::snprintf(text.data(), text.size() + 1, "%.*f", digits, value);
  return text;
}

int digits_for(double standard_error) {
  if (!std::isfinite(standard_error) || standard_error <= 0) return 4;
  return int(std::clamp(std::ceil(-std::log10(standard_error)) + 1, 0.0, 6.0));
}

std::string with_error(const Estimate& e, int digits) {
  if (!std::isfinite(e.mean) || !std::isfinite(e.standard_error)) return fixed(e.mean, digits);
  return fixed(e.mean, digits) + " +- " + fixed(e.standard_error, digits);
}

std::string with_error(const Estimate& e) { return with_error(e, digits_for(e.standard_error)); }

namespace {

// What gnuplot's enhanced text prints as it is, within single quotes: a backslash stands before each character of its mark-up.
// Others stand as their numbers in octal, since gnuplot would find a meaning in them all the same: '' is a quote, but not at the
// beginning nor twice in a row; a backslash and U+ begin a character's number, unless {}, which prints nothing, stands
// between; a percent sign in a tick's text begins a format, and makes gnuplot cut the text after 50 bytes; an ampersand in an
// SVG begins an entity.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '\'': out += "\\047"; break;
      case '\\': out += "\\134{}"; break;
      case '%': out += "\\045"; break;
      case '&': out += "\\046"; break;
      default:
        if (std::string_view("{}_^@~").find(c) != std::string_view::npos) out += '\\';
        out += c;
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
