#pragma once
#include <filesystem>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/plots/image_grid.hpp"

namespace elbow {

/// The condition of rows with these classes, and colours of coloured images: [rows, Condition::width()]. An empty list, or
/// LabelCondition::not_given in it: withheld. Error where the model must be told a label that is not there.
Tensor label_condition(const Experiment& experiment, const std::vector<int32_t>& labels,
                       const std::vector<int32_t>& colours);

/// The decoder's answers y [rows, columns] as pixels in 0..1, row by row.
std::vector<float> pixels_of(const Experiment& experiment, const Tensor& y);

/// Rows of pixels as one PNG; how many there are follows from the size of the experiment's images. Error as
/// write_image_grid.
void write_images(const Experiment& experiment, const std::filesystem::path& png,
                  const std::vector<float>& pixels, const GridLayout& layout);

/// Samples from the prior, one row for each class, and one for no class where it may be withheld. Of coloured images the
/// columns ask for one colour after the other, the last ones for none.
void draw_samples(Experiment& experiment, const std::filesystem::path& png);

/// Test images above what the decoder makes of their latent means.
void draw_reconstructions(Experiment& experiment, const std::filesystem::path& png);

}  // namespace elbow
