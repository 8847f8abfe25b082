#pragma once
#include <filesystem>
#include <string>

namespace elbow {

/// A string as a single-quoted gnuplot literal, in which nothing but the quote itself is special.
std::string gnuplot_quoted(const std::string& text);

/// Runs a gnuplot script and keeps what it draws as a PNG of width x height pixels at `png`. The file is drawn
/// under another name in the same folder and renamed when it is whole. Text is `font_size` points of DejaVu
/// Sans.
///
/// The script must not use the special file '-', which gnuplot 6 refuses inside a multiplot; datablocks do the
/// same.
///
/// Throws Error if gnuplot is missing or stops, with the first line of its complaint; the old file then stays.
void run_gnuplot(const std::string& script, int width, int height, const std::filesystem::path& png,
                 double font_size = 20);

}  // namespace elbow
