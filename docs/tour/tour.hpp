#pragma once
// What the programs of the tour share: checks that say what they found, and figures through gnuplot. It needs the standard
// library alone.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace tour {

inline int failures = 0;

/// Prints what was found, and counts a failure unless it is within `tolerance` of what was expected.
inline void check(const std::string& what, double found, double expected, double tolerance = 0) {
  const bool ok = std::abs(found - expected) <= tolerance;
  std::printf("%s %s: %.6g", ok ? "ok    " : "FAILED", what.c_str(), found);
  std::printf(ok ? "\n" : " (expected %.6g)\n", expected);
  failures += !ok;
}

/// Prints whether it holds, and counts a failure where not.
inline void check(const std::string& what, bool holds) {
  std::printf("%s %s\n", holds ? "ok    " : "FAILED", what.c_str());
  failures += !holds;
}

/// A number with so many digits after the point.
inline std::string fixed(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// Rows of numbers as a datablock of gnuplot: `plot $name using 1:2`.
inline std::string datablock(const std::string& name, const std::vector<std::vector<double>>& rows) {
  std::string text = "$" + name + " << END\n";
  char number[32];
  for (const std::vector<double>& row : rows) {
    for (const double x : row) std::snprintf(number, sizeof number, "%.8g ", x), text += number;
    text.back() = '\n';
  }
  return text + "END\n";
}

/// The figure FOLDER/NAME.svg, of `width` x `height` pixels, drawn by gnuplot as `script` says. Without gnuplot there is none, and
/// a line on standard error says so.
inline void draw(const std::string& folder, const std::string& name, int width, int height,
                 const std::string& script) {
  const std::string file = folder + "/" + name + ".svg";
  const std::string terminal = "set encoding utf8\nset terminal svg enhanced font 'sans-serif,15' size " +
                               std::to_string(width) + "," + std::to_string(height) +
                               " background 'white'\nset output '" + file + "'\n";
  std::FILE* const gnuplot = popen("gnuplot --default-settings 2>/dev/null", "w");
  bool drawn = gnuplot != nullptr;
  if (gnuplot) {
    drawn &= std::fputs((terminal + script + "\n").c_str(), gnuplot) >= 0;
    drawn &= pclose(gnuplot) == 0;
  }
  std::fprintf(stderr, drawn ? "drawn: %s\n" : "not drawn: %s (is gnuplot installed?)\n", file.c_str());
}

/// Three colours of Okabe and Ito's palette, which readers with colour-blindness can distinguish, as gnuplot takes them.
inline const std::string blue = "'#0072b2'", red = "'#d55e00'", green = "'#009e73'";

}  // namespace tour
