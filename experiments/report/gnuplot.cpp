#include "experiments/report/gnuplot.hpp"

#include <signal.h>

#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"

namespace elbow {

namespace fs = std::filesystem;

namespace {

constexpr unsigned longest_seconds = 120;

/// Why gnuplot has failed. It prints the command, a caret under the culprit, and then "line 12: what is wrong". The last is
/// wanted; warnings have the same form.
std::string first_complaint(const ProgramEnd& end) {
  if (end.status == 128 + SIGALRM) return str("it took longer than ", longest_seconds, " s");
  std::string first;
  std::istringstream lines(end.errors);
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(" ^\t") == std::string::npos) continue;
    if (first.empty()) first = line;
    const size_t at = line.find("line "), colon = line.find(": ", at);
    if (at != std::string::npos && colon != std::string::npos && !line.substr(colon + 2).starts_with("warning"))
      return line.substr(colon + 2);
  }
  return first.empty() ? str("exit status ", end.status) : first;
}

constexpr double pixels_of_a_point = 4.0 / 3;  // of text, in a PNG

std::string png_terminal(int width, int height, double font_size) {
  const std::string options = str(" linewidth 2 enhanced font 'DejaVu Sans,", font_size, "' size ", width, ",",
                                  height, "\nmark = ", font_size / 20, "\n");
  return str("if (strstrt(GPVAL_TERMINALS, 'pngcairo')) { set terminal pngcairo", options,
             "} else { set terminal png", options, "}\n");
}

/// Its font size is in pixels, and its points grow with the font: by themselves to three times the size of a PNG's.
std::string svg_terminal(int width, int height, double font_size) {
  return str("set terminal svg linewidth 2 enhanced font 'sans-serif,", font_size * pixels_of_a_point,
             "' size ", width, ",", height, " background 'white'\nmark = 1.0/3\n");
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// What gnuplot leaves to do in an SVG: outlines of points can hardly be seen, and text may end a section that never began.
std::string mended(std::string svg) {
  replace_all(svg, "stroke-width='0.133'", "stroke-width='0.3'");
  replace_all(svg, "]]>", "]]&gt;");
  return svg;
}

/// What gnuplot draws for these commands. Without `set output` it goes to standard output: the script contains no path.
std::string drawn(const std::string& commands, const fs::path& png) {
  const fs::path folder = png.has_parent_path() ? png.parent_path() : ".";
  const std::string name = png.filename().string();
  if (!fs::is_directory(folder)) fail("plot", "no folder ", folder.string(), " to draw ", name, " in");
  ProgramEnd end =
      run_confined("gnuplot", {"--default-settings"}, "set encoding utf8\n" + commands + "\n", longest_seconds);
  if (end.status == 127)
    throw NoGnuplot(str("plot: gnuplot is not installed, so ", name,
                        " was not drawn; install gnuplot (Debian: gnuplot-nox)"));
  if (end.status != 0 || !end.output.starts_with("\x89PNG"))
    fail("plot", "gnuplot could not draw ", name, ": ", first_complaint(end));
  return std::move(end.output);
}

}  // namespace

void run_gnuplot(const std::string& script, int width, int height, const fs::path& png, double font_size) {
  write_file_atomically(png, drawn(png_terminal(width, height, font_size) + script, png));
}

std::string draw_png_and_svg(const std::string& data, const std::string& script, int width, int height,
                             const fs::path& png, double font_size) {
  const std::string both = drawn(data + png_terminal(width, height, font_size) + script + "\nreset\n" +
                                     svg_terminal(width, height, font_size) + script,
                                 png);
  static const std::string last_chunk = "IEND\xae\x42\x60\x82";  // of a PNG, with its checksum
  const size_t end = both.find(last_chunk) + last_chunk.size();
  write_file_atomically(png, both.substr(0, end));
  return mended(both.substr(end));
}

}  // namespace elbow
