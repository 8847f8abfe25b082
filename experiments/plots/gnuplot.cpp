#include "experiments/plots/gnuplot.hpp"

#include <signal.h>
#include <unistd.h>

#include "autograd/error.hpp"
#include "experiments/confined_program.hpp"

namespace elbow {

namespace fs = std::filesystem;

namespace {

/// Removes its file when it goes out of scope, if the file is still there.
struct TemporaryFile {
  fs::path path;
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

TemporaryFile temporary_beside(const fs::path& file, const std::string& ending) {
  return {file.parent_path() / str(".", file.filename().string(), ".", getpid(), ending)};
}

constexpr unsigned longest_seconds = 120;

/// Why gnuplot has failed. It prints the command, a caret under the culprit, and then "line 12: what is wrong". The last is
/// wanted; warnings have the same form.
std::string first_complaint(const ProgramEnd& end) {
  if (end.status == 128 + SIGALRM) return str("it took longer than ", longest_seconds, " s");
  std::string first;
  for (size_t begin = 0; begin < end.printed.size();) {
    const size_t stop = std::min(end.printed.find('\n', begin), end.printed.size());
    const std::string line = end.printed.substr(begin, stop - begin);
    begin = stop + 1;
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

std::string gnuplot_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

void run_gnuplot(const std::string& script, int width, int height, const fs::path& png, double font_size) {
  const fs::path folder = png.has_parent_path() ? png.parent_path() : ".";
  if (!fs::is_directory(folder))
    fail("plot", "no folder ", folder.string(), " to draw ", png.filename().string(), " in");

  const TemporaryFile image = temporary_beside(png, ".part");
  const std::string commands = str("set encoding utf8\n", terminal(width, height, font_size), "set output ",
                                   gnuplot_quoted(image.path.string()), "\n", script, "\nunset output\n");
  const ProgramEnd end = run_confined("gnuplot", {"--default-settings"}, commands, longest_seconds);
  if (end.status == 127)
    fail("plot", "gnuplot is not installed, so ", png.filename().string(),
         " was not drawn; install gnuplot (Debian: gnuplot-nox)");
  if (end.status != 0 || !fs::exists(image.path))
    fail("plot", "gnuplot could not draw ", png.filename().string(), ": ", first_complaint(end));
  fs::rename(image.path, png);
}

}  // namespace elbow
