#pragma once
#include <filesystem>
#include <string>

#include "data/dataset.hpp"

namespace elbow {

/// All that a model's outputs depend on of the data it was trained on, without the rows, as JSON: the source; how many rows
/// train and test; whether entries may be missing; the features with their categories, as a schema; of a table how it is
/// laid out, and the mean and standard deviation of each column; labels, colours and the size of images. Numbers and texts
/// read back to the bit.
std::string description_of(const DataSplit& split);

/// The data that such a file describes: two sets whose rows are not there (Rows::unread), without a distribution. Error "FILE: is
/// damaged: KEY: ..." for whatever does not hold together.
DataSplit read_description(const std::filesystem::path& file);

}  // namespace elbow
