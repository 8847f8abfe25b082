#pragma once
#include <filesystem>

#include "experiments/program/commands/told.hpp"

namespace elbow {

/// Images drawn from the model, `rows` rows of pictures: as draw_samples where the model is told labels (so many rows for
/// each class, unless the class is told), else ten to a row, all under what was told.
void draw_sample_grid(Experiment& experiment, const Told& told, int64_t rows, const std::filesystem::path& png);

/// The manifold of Kingma & Welling (2014, appendix A): the decoder over a plane of latents, `steps` to each side, at the
/// quantiles (i + 1/2) / steps of N(0, 1), under what was told. The plane is that of the two latents with the largest KL,
/// which grow to the right and upwards; others are 0. Error for a model with one latent, and where Told::condition has one.
void draw_manifold(Experiment& experiment, const Told& told, int64_t steps, const std::filesystem::path& png);

}  // namespace elbow
