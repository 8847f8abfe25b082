#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cvae/inpainting.hpp"
#include "experiments/report/image_grid.hpp"

namespace elbow {

/// Images whose holes are of one kind, and its name.
struct CompletedImages {
  std::string mask;
  Completions completions;
};

/// A line for each image: the image, what is given of it (the hole is grey), its completions and their mean; group by group, each with
/// its name. Rows of pictures hold as many images as the first group has completions, plus three. Error as write_image_grid.
void draw_completions(const Experiment& experiment, const std::filesystem::path& png,
                      const std::vector<CompletedImages>& groups, GridLayout layout = {});

}  // namespace elbow
