// The only file that includes gnuplot-iostream.h: it takes as long to compile as the rest of this folder
// together.
#include "experiments/plots/gnuplot.hpp"

#include <gnuplot-iostream.h>
#include <unistd.h>

#include <fstream>
#include <regex>

#include "autograd/error.hpp"

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

std::string shell_quoted(const std::string& text) {
  return "'" + std::regex_replace(text, std::regex("'"), "'\\''") + "'";
}

/// What a run of gnuplot left behind: all that it and the shell printed, and its exit status.
struct Outcome {
  int status = -1;
  std::vector<std::string> lines;
};

Outcome read_outcome(const fs::path& log) {
  Outcome outcome;
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("exit "))
      outcome.status = std::atoi(line.c_str() + 5);
    else if (line.find_first_not_of(" ^\t") != std::string::npos)
      outcome.lines.push_back(line);
  }
  return outcome;
}

/// gnuplot prints the command, a caret under the culprit, and then "line 12: what is wrong". The last is
/// wanted; warnings have the same form.
std::string first_complaint(const Outcome& outcome) {
  static const std::regex pattern("line \\d+: (.*)");
  std::smatch found;
  for (const auto& line : outcome.lines)
    if (std::regex_search(line, found, pattern) && !found.str(1).starts_with("warning")) return found.str(1);
  return outcome.lines.empty() ? str("exit status ", outcome.status) : outcome.lines.front();
}

std::string terminal(int width, int height, double font_size) {
  const std::string options = str(" enhanced font 'DejaVu Sans,", font_size, "' size ", width, ",", height);
  return str("if (strstrt(GPVAL_TERMINALS, 'pngcairo')) { set terminal pngcairo linewidth 2", options,
             " } else { set terminal png linewidth 2", options, " }\n");
}

}  // namespace

std::string gnuplot_quoted(const std::string& text) {
  return "'" + std::regex_replace(text, std::regex("'"), "''") + "'";
}

void run_gnuplot(const std::string& script, int width, int height, const fs::path& png, double font_size) {
  const fs::path folder = png.has_parent_path() ? png.parent_path() : ".";
  if (!fs::is_directory(folder))
    fail("plot", "no folder ", folder.string(), " to draw ", png.filename().string(), " in");

  const TemporaryFile image = temporary_beside(png, ".part"), log = temporary_beside(png, ".log");
  {
    // The library hides gnuplot's exit status, so the shell writes it to the log. The shell also reads what
    // gnuplot leaves unread when it is missing or stops early: nobody writes into a closed pipe and is killed
    // by SIGPIPE.
    Gnuplot gnuplot("{ gnuplot --default-settings; echo \"exit $?\"; } >" + shell_quoted(log.path.string()) +
                    " 2>&1; while read -r rest; do :; done");
    gnuplot << "set encoding utf8\n" << terminal(width, height, font_size);
    gnuplot << "set output " << gnuplot_quoted(image.path.string()) << "\n" << script << "\nunset output\n";
  }  // waits for gnuplot to end

  const Outcome outcome = read_outcome(log.path);
  if (outcome.status == 127)
    fail("plot", "gnuplot is not installed, so ", png.filename().string(),
         " was not drawn; install gnuplot (Debian: gnuplot-nox)");
  if (outcome.status != 0 || !fs::exists(image.path))
    fail("plot", "gnuplot could not draw ", png.filename().string(), ": ", first_complaint(outcome));
  fs::rename(image.path, png);
}

}  // namespace elbow
