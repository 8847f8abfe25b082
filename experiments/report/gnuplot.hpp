#pragma once
#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace elbow {

/// gnuplot is not installed.
struct NoGnuplot : Error {
  using Error::Error;
};

/// Runs a gnuplot script and keeps what it draws as a PNG of width x height pixels at `png`, written atomically. Text
/// is `font_size` points of DejaVu Sans. gnuplot is run without a shell, it can start no other program (run_confined),
/// and it is ended after two minutes.
///
/// The script holds our own commands and numbers. Text from outside appears in it as PlotText::literal. Inside a
/// multiplot it must not use the special file '-', which gnuplot 6 refuses there; datablocks do the same.
///
/// Throws NoGnuplot if there is none, and Error if it stops, with the first line of its complaint; the old file then stays.
void run_gnuplot(const std::string& script, int width, int height, const std::filesystem::path& png,
                 double font_size = 20);

/// Draws a figure of lines and points in one run of gnuplot, as PNG at `png` and as SVG, whose text it returns. Both
/// have text of `font_size` points; the SVG's is in the reader's own sans-serif font. `data` holds the datablocks,
/// which are read once, and `script` the commands, which are executed for each of the two. In a script `mark` is the
/// size of a point, which differs between the two: `ps 1.2*mark`. Throws like run_gnuplot.
std::string draw_png_and_svg(const std::string& data, const std::string& script, int width, int height,
                             const std::filesystem::path& png, double font_size);

}  // namespace elbow
