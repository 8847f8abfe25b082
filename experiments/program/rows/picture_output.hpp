#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/report/image_grid.hpp"

namespace elbow {

/// Whether the output is a picture: the rows are images, and --out names no FILE.csv, .npy or .npz. Error for a FILE.png where the
/// rows are not images.
bool wants_picture(const RowsOptions& options, const Experiment& experiment);

/// A file that a command writes: `out` or, where that is empty, `name` in the run's folder.
struct CommandFile {
  std::filesystem::path out;
  std::string name;
};

/// Where these files go. They are all looked at before those in the run's folder are listed as its own. Error when the folder of one is
/// not there, or the file is there already, unless --force.
std::vector<std::filesystem::path> command_files(const RowsOptions& options,
                                                 const std::vector<CommandFile>& files);

/// Error when --out names something else than a FILE.png.
void check_picture(const RowsOptions& options);

/// Where a command's picture goes: --out or, without it, `name` in the run's folder. Errors as check_picture and command_files.
std::filesystem::path picture_path(const RowsOptions& options, const std::string& name);

/// Error, naming the option, unless the rows of the run are images.
void check_images(const Experiment& experiment, const std::string& option);

/// Error when a picture of columns x rows images would be too large to draw.
void check_size(const Experiment& experiment, int64_t columns, int64_t rows);

/// A grid of `columns` pictures in a row, at a scale that leaves room for a number above each.
GridLayout labelled_layout(const Experiment& experiment, int64_t columns);

/// Prints the path of the picture on standard output.
void tell_picture(const std::filesystem::path& png);

}  // namespace elbow
