#pragma once
#include <filesystem>
#include <string>

#include "cvae/experiment.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/report/image_grid.hpp"

namespace elbow {

/// Whether the output is a picture: the rows are images, and --out names no FILE.csv, .npy or .npz. Error for a FILE.png where the
/// rows are not images.
bool wants_picture(const RowsOptions& options, const Experiment& experiment);

/// Where a command's picture goes: --out or, without it, `name` in the run's folder. Error when the name does not end in
/// .png, its folder is not there, or the file is there already, unless --force.
std::filesystem::path picture_path(const RowsOptions& options, const std::string& name);

/// Error when the run's folder has a file of that name, unless --force.
void check_own_file(const RowsOptions& options, const std::string& name);

/// Where another file of a command goes: `out` or, where that is empty, `name` in the run's folder, where it is listed. Error as
/// picture_path, whatever the name ends in.
std::filesystem::path own_file(const RowsOptions& options, const std::filesystem::path& out,
                               const std::string& name);

/// Error, naming the option, unless the rows of the run are images.
void check_images(const Experiment& experiment, const std::string& option);

/// Error when a picture of columns x rows images would be too large to draw.
void check_size(const Experiment& experiment, int64_t columns, int64_t rows);

/// A grid of `columns` pictures in a row, at a scale that leaves room for a number above each.
GridLayout labelled_layout(const Experiment& experiment, int64_t columns);

/// Prints the path of the picture on standard output.
void tell_picture(const std::filesystem::path& png);

}  // namespace elbow
