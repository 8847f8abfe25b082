#pragma once
#include <filesystem>
#include <string>

#include "cvae/experiment.hpp"
#include "experiments/commands/rows_options.hpp"
#include "experiments/plots/image_grid.hpp"

namespace elbow {

/// Where a command's picture goes: --out or, without it, `name` in the run's folder. Error when the name does not end in
/// .png, its folder is not there, or the file is there already, unless --force.
std::filesystem::path picture_path(const RowsOptions& options, const std::string& name);

/// Error, naming the option, unless the rows of the run are images.
void check_images(const Experiment& experiment, const std::string& option);

/// So many pictures to a row, at a scale at which a number has room above each.
GridLayout labelled_layout(const Experiment& experiment, int64_t columns);

/// A number with so many decimals, for labels.
std::string short_number(double value, int decimals = 1);

/// Tells on standard output where the picture is.
void tell_picture(const std::filesystem::path& png);

}  // namespace elbow
