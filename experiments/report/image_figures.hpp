#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/report/image_grid.hpp"

namespace elbow {

/// Rows of pixels as one PNG; how many there are follows from the size of the experiment's images. Error as
/// write_image_grid.
void write_images(const Experiment& experiment, const std::filesystem::path& png,
                  const std::vector<float>& pixels, const GridLayout& layout);

/// The decoder's outputs for latents z [n, latents] under conditions c [n, width] (or undefined), as pixels, some rows
/// at a time.
std::vector<float> decoded_pixels(const Experiment& experiment, const Tensor& z, const Tensor& c);

/// Which samples draw_samples shows of a model whose condition is the attributes.
struct SampleGrid {
  /// [attributes]: the value that is given, Attribute::unknown for one that is withheld, nothing for each value in turn; may
  /// be empty.
  std::vector<std::optional<float>> given = {};
  int64_t rows = 1;  ///< rows of pictures for each value of the first attribute, or in total if that is given
};

/// Samples from the prior, drawn from `seed`: a row for each value of the first attribute (the class), and one without where it may be withheld. The
/// columns show one value of the second attribute (the colour) after the other, the last ones none. Further attributes, and real
/// ones, are withheld unless they are given; where they must be given they have the value of the first test row.
void draw_samples(const Experiment& experiment, const std::filesystem::path& png, uint64_t seed,
                  const SampleGrid& wanted = {});

/// Test images above the decoder's outputs for their latent means, under all of their attributes; of a model that is
/// conditioned on pixels, with none of them given.
void draw_reconstructions(const Experiment& experiment, const std::filesystem::path& png);

}  // namespace elbow
