#pragma once
#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace elbow {

/// gnuplot is not installed.
struct NoGnuplot : Error {
  using Error::Error;
};

/// Runs a gnuplot script and keeps what it draws as a PNG of width x height pixels at `png`, written atomically. Text is
/// `font_size` points of DejaVu Sans. gnuplot runs by itself: no shell stands between, it can start no other program
/// (run_confined), and it is ended after two minutes.
///
/// The script holds commands of our own and numbers; text from outside stands in it as PlotText::literal. It must
/// not use the special file '-', which gnuplot 6 refuses inside a multiplot; datablocks do the same.
///
/// Throws NoGnuplot if there is none, and Error if it stops, with the first line of its complaint; the old file then stays.
void run_gnuplot(const std::string& script, int width, int height, const std::filesystem::path& png,
                 double font_size = 20);

}  // namespace elbow
