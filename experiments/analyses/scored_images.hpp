#pragma once
#include <span>
#include <vector>

#include "cvae/experiment.hpp"

namespace elbow {

/// The labels under which images are generated, [rows] each; LabelCondition::not_given: withheld. Empty: there are none.
struct AskedLabels {
  std::vector<int32_t> classes, colours;
};

/// Images first, first + 1, ... of those that the decoder makes of latents from the prior under these labels:
/// [count, columns] pixels in 0..1 (its means, not draws of pixels). The latents depend on the seed and the place alone, so
/// that different labels meet the same ones. A model whose condition is made of columns is given none.
Tensor generated_images(Experiment& experiment, const AskedLabels& labels, int64_t first, int64_t count);

/// The rows `index` of a set as they are, or all in one colour: [index.size(), columns]. A channel is chosen without regard
/// to the image, so that a real image in another colour is as real.
Tensor real_images(const Dataset& set, std::span<const int64_t> index,
                   int32_t colour = LabelCondition::not_given);

/// The colour of each image of x [rows, channels * pixels]: the channel with the largest sum, the first of equals.
std::vector<int32_t> colours_of(const Tensor& x, int64_t channels);

}  // namespace elbow
