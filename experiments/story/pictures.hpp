#pragma once
#include <filesystem>

#include "experiments/story/runs.hpp"

/// The story's pictures: grids of images as PNG. Each throws Error like run_gnuplot.
namespace elbow {

/// Two test images of each class, one class a column, and below them each model's decoding of their codes.
void draw_story_reconstructions(const StoryRuns& runs, const std::filesystem::path& png);

/// Each model's decoding of the same draws z ~ N(0, I); the CVAE is given one class per column, in their order.
void draw_story_samples(const StoryRuns& runs, const std::filesystem::path& png);

/// The decoder's outputs for a grid of z: both latents go through the quantiles of N(0, 1) at the probabilities
/// (i + 1/2) / 15, so that each picture represents the same share of the samples. Latent 0 grows to the right, latent 1
/// upwards. A model with a condition is given `label`.
void draw_manifold(const StoryRun& run, int32_t label, const std::filesystem::path& png);

/// Samples of the CVAE, one class a row; all pictures in a column share one draw z ~ N(0, I).
void draw_classes(const StoryRuns& runs, const std::filesystem::path& png);

/// A test image of each class on top, and below it the CVAE's decoding of that image's code under every class.
void draw_style_transfer(const StoryRuns& runs, const std::filesystem::path& png);

/// From one test image to another, for a few pairs: pixels faded into each other, and below them each model's decoding
/// of the line between the two codes. The CVAE's condition goes from the one's class to the other's at the same time.
void draw_interpolation(const StoryRuns& runs, const std::filesystem::path& png);

}  // namespace elbow
