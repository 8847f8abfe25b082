#include "experiments/report/gnuplot.hpp"

#include <signal.h>

#include <sstream>

#include "base/confined_program.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

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

std::string terminal(int width, int height, double font_size) {
  const std::string options = str(" enhanced font 'DejaVu Sans,", font_size, "' size ", width, ",", height);
  return str("if (strstrt(GPVAL_TERMINALS, 'pngcairo')) { set terminal pngcairo linewidth 2", options,
             " } else { set terminal png linewidth 2", options, " }\n");
}

}  // namespace

void run_gnuplot(const std::string& script, int width, int height, const fs::path& png, double font_size) {
  const fs::path folder = png.has_parent_path() ? png.parent_path() : ".";
  const std::string name = png.filename().string();
  if (!fs::is_directory(folder)) fail("plot", "no folder ", folder.string(), " to draw ", name, " in");

  // Without `set output` the picture comes on standard output: no path stands in the script.
  const ProgramEnd end = run_confined(
      "gnuplot", {"--default-settings"},
      str("set encoding utf8\n", terminal(width, height, font_size), script, "\n"), longest_seconds);
  if (end.status == 127)
    throw NoGnuplot(str("plot: gnuplot is not installed, so ", name,
                        " was not drawn; install gnuplot (Debian: gnuplot-nox)"));
  if (end.status != 0 || !end.output.starts_with("\x89PNG"))
    fail("plot", "gnuplot could not draw ", name, ": ", first_complaint(end));
  write_file_atomically(png, end.output);
}

}  // namespace elbow
