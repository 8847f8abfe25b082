#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/report/image_grid.hpp"

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

/// What the decoder makes of latents z [n, latents] under conditions c [n, width] (or undefined), as pixels, some rows at a
/// time.
std::vector<float> decoded_pixels(Experiment& experiment, const Tensor& z, const Tensor& c);

/// The name of a class or colour: its number where it has no name, `withheld` for LabelCondition::not_given.
std::string label_name(const Labels& labels, int32_t label, const std::string& withheld);

/// Which samples draw_samples shows of a model that is told labels.
struct SampleGrid {
  std::optional<int32_t> label, colour;  ///< told (LabelCondition::not_given: withheld); nothing: each in turn
  int64_t rows = 1;                      ///< of pictures: for each class, or in all where the class is told
};

/// Samples from the prior: a row for each class, and one for no class where it may be withheld. Of coloured images the
/// columns ask for one colour after the other, the last ones for none.
void draw_samples(Experiment& experiment, const std::filesystem::path& png, const SampleGrid& wanted = {});

/// Test images above what the decoder makes of their latent means.
void draw_reconstructions(Experiment& experiment, const std::filesystem::path& png);

}  // namespace elbow
