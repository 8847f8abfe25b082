#include "experiments/report/image_grid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "base/error.hpp"
#include "experiments/report/gnuplot.hpp"

namespace elbow {

namespace {

constexpr std::int64_t group_gap = 8;  // image pixels between groups of rows
constexpr std::int64_t edge = 1;       // white image pixels all around: gnuplot smooths the outermost line
constexpr double font_size = 15, letter_width = 11.5, capital_width = 14;

using Colour = std::array<int, 3>;

/// The picture before it is enlarged: white, with the images at their places.
struct Canvas {
  std::int64_t width, height;
  std::vector<Colour> pixels;

  Canvas(std::int64_t w, std::int64_t h)
      : width(w), height(h), pixels(std::size_t(w * h), Colour{255, 255, 255}) {}
  Colour& at(std::int64_t x, std::int64_t y) { return pixels[std::size_t(y * width + x)]; }
};

int byte_of(float value) {
  return std::isfinite(value) ? int(std::lround(255 * std::clamp(value, 0.0f, 1.0f))) : 0;
}

void paste(Canvas& canvas, const ImageBatch& images, std::int64_t index, std::int64_t left, std::int64_t top,
           bool inverted) {
  const std::int64_t plane = images.height * images.width;
  const float* const image = images.pixels.data() + index * images.channels * plane;
  for (std::int64_t y = 0; y < images.height; ++y)
    for (std::int64_t x = 0; x < images.width; ++x)
      for (std::int64_t c = 0; c < 3; ++c) {
        const int value = byte_of(image[(images.channels == 1 ? 0 : c) * plane + y * images.width + x]);
        canvas.at(left + x, top + y)[std::size_t(c)] = inverted ? 255 - value : value;
      }
}

/// The positions of everything. Image pixels are counted on the canvas, screen pixels in the finished file.
struct Grid {
  std::int64_t columns, rows, image_width, image_height, scale, rows_per_group, header_rows, gap;
  std::int64_t left, top, margin;  ///< screen pixels around the canvas; the margin is right and below

  std::int64_t x(std::int64_t column) const { return edge + column * (image_width + gap); }
  std::int64_t y(std::int64_t row) const {
    const std::int64_t groups = rows_per_group > 1 ? row / rows_per_group : 0;
    const std::int64_t wide_gaps = groups + (header_rows > 0 && row >= header_rows ? 1 : 0);
    return edge + row * (image_height + gap) + wide_gaps * (group_gap - gap);
  }
  std::int64_t canvas_width() const { return x(columns - 1) + image_width + edge; }
  std::int64_t canvas_height() const { return y(rows - 1) + image_height + edge; }
  std::int64_t width() const { return left + canvas_width() * scale + margin; }
  std::int64_t height() const { return top + canvas_height() * scale + margin; }
};

/// Roughly the width in pixels of the longest label.
double longest(const std::vector<PlotText>& labels) {
  double most = 0;
  for (const PlotText& words : labels) {
    const std::string& label = words.shown();
    const auto capitals =
        std::count_if(label.begin(), label.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    most =
        std::max(most, letter_width * double(label.size()) + (capital_width - letter_width) * double(capitals));
  }
  return most;
}

void check(const ImageBatch& images, const GridLayout& layout) {
  const auto expected = images.count * images.channels * images.height * images.width;
  if (images.channels != 1 && images.channels != 3)
    fail("plot", "images have ", images.channels, " channels; only 1 (grey) and 3 (colour) can be drawn");
  if (std::int64_t(images.pixels.size()) != expected || expected <= 0)
    fail("plot", "images [", images.count, ",", images.channels, ",", images.height, ",", images.width,
         "] need ", expected, " values, not ", images.pixels.size());
  if (layout.columns < 1 || layout.scale < 1 || layout.rows_per_group < 1)
    fail("plot", "an image grid needs columns, scale and rows_per_group of at least 1");
  if (layout.header_rows < 0 || layout.gap < 0) fail("plot", "an image grid has no gap or header rows below 0");
}

Grid lay_out(const ImageBatch& images, const GridLayout& layout) {
  Grid grid{};
  grid.columns = std::min(layout.columns, images.count);
  grid.rows = (images.count + grid.columns - 1) / grid.columns;
  grid.image_width = images.width, grid.image_height = images.height;
  grid.scale = layout.scale, grid.rows_per_group = layout.rows_per_group;
  grid.header_rows = layout.header_rows, grid.gap = layout.gap;
  grid.margin = 3 * layout.scale;
  grid.left = grid.margin + std::int64_t(longest(layout.row_labels)) + 12 * !layout.row_labels.empty();
  grid.top = grid.margin + 30 * !layout.column_labels.empty();
  return grid;
}

Canvas paint(const ImageBatch& images, const Grid& grid, bool inverted) {
  Canvas canvas(grid.canvas_width(), grid.canvas_height());
  for (std::int64_t i = 0; i < images.count; ++i)
    paste(canvas, images, i, grid.x(i % grid.columns), grid.y(i / grid.columns), inverted);
  return canvas;
}

/// Axes that lie exactly on the canvas, so that an image pixel covers scale x scale screen pixels.
void write_axes(std::ostream& script, const Grid& grid) {
  const double width = double(grid.width()), height = double(grid.height());
  script << "unset border\nunset tics\nunset key\nset lmargin at screen " << double(grid.left) / width
         << "\nset rmargin at screen " << 1 - double(grid.margin) / width << "\nset tmargin at screen "
         << 1 - double(grid.top) / height << "\nset bmargin at screen " << double(grid.margin) / height
         << "\nset xrange [-0.5:" << double(grid.canvas_width()) - 0.5 << "]\nset yrange ["
         << double(grid.canvas_height()) - 0.5 << ":-0.5]\n";
}

void write_labels(std::ostream& script, const Grid& grid, const GridLayout& layout) {
  const auto label = [&](const PlotText& text, double x, double y, const char* side) {
    script << "set label " << text.literal() << " at screen " << x / double(grid.width()) << ", screen "
           << 1 - y / double(grid.height()) << " " << side << "\n";
  };
  const auto scale = double(grid.scale);
  for (std::int64_t row = 0; row < std::min(grid.rows, std::int64_t(layout.row_labels.size())); ++row)
    label(layout.row_labels[std::size_t(row)], double(grid.left) - 12,
          double(grid.top) + scale * (double(grid.y(row)) + double(grid.image_height) / 2), "right");
  for (std::int64_t column = 0; column < std::min(grid.columns, std::int64_t(layout.column_labels.size()));
       ++column)
    label(layout.column_labels[std::size_t(column)],
          double(grid.left) + scale * (double(grid.x(column)) + double(grid.image_width) / 2),
          double(grid.top) - 15, "center");
}

}  // namespace

void write_image_grid(const std::filesystem::path& png, const ImageBatch& images, const GridLayout& layout) {
  check(images, layout);
  const Grid grid = lay_out(images, layout);
  Canvas canvas = paint(images, grid, layout.dark_on_light && images.channels == 1);

  std::ostringstream script;
  script.precision(12);
  write_axes(script, grid);
  write_labels(script, grid, layout);
  // As bytes: gnuplot takes seconds to read that many numbers as text.
  script << "plot '-' binary array=(" << canvas.width << "," << canvas.height
         << ") format='%uchar' using 1:2:3 with rgbimage\n";
  for (const Colour& pixel : canvas.pixels)
    for (const int channel : pixel) script.put(char(channel));
  run_gnuplot(script.str(), int(grid.width()), int(grid.height()), png, font_size);
}

}  // namespace elbow
