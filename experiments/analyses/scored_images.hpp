#pragma once
#include <span>
#include <vector>

#include "cvae/experiment.hpp"

namespace elbow {

/// Images first, first + 1, ... of those that the decoder makes of latents from the prior when `values`
/// [rows, Condition::value_columns()] are given (NaN: withheld; undefined: nothing is given): [count, columns] pixels in 0..1
/// (its means, not draws of pixels). The latents depend on the seed and the place alone, so that different values meet the
/// same ones.
Tensor generated_images(const Experiment& experiment, const Tensor& values, int64_t first, int64_t count);

inline constexpr int32_t any_colour = -1;

/// The rows `index` of a set as they are, or all in one colour: [index.size(), columns]. A channel is chosen without regard
/// to the image, so that a real image in another colour is as real.
Tensor real_images(const Dataset& set, std::span<const int64_t> index, int32_t colour = any_colour);

/// The colour of each image of x [rows, channels * pixels]: the channel with the largest sum, the first of equals.
std::vector<int32_t> colours_of(const Tensor& x, int64_t channels);

}  // namespace elbow
