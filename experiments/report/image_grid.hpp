#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/report/text.hpp"

namespace elbow {

/// Images [count,channels,height,width] with values in 0..1 (others are clamped), one after the other. One
/// channel is grey, three are red, green and blue.
struct ImageBatch {
  const std::vector<float>& pixels;
  std::int64_t count, channels, height, width;
};

/// How images are laid out: in reading order, `columns` to a row.
struct GridLayout {
  std::int64_t columns = 10;
  std::int64_t scale = 3;               ///< every pixel becomes scale x scale pixels
  std::int64_t rows_per_group = 1;      ///< number of rows in a group; a wider gap follows each group
  std::int64_t header_rows = 0;         ///< number of rows on top that a wider gap follows
  std::int64_t gap = 2;                 ///< white between two images, in their pixels
  std::vector<PlotText> row_labels;     ///< to the left of each row; may be shorter than the rows
  std::vector<PlotText> column_labels;  ///< above each column
  bool dark_on_light = false;           ///< grey images as ink on paper: 0 is white
};

/// Draws the images as one PNG, pixel by pixel without smoothing. Throws Error if the batch does not have the
/// size that it says, and like run_gnuplot.
void write_image_grid(const std::filesystem::path& png, const ImageBatch& images,
                      const GridLayout& layout = {});

}  // namespace elbow
