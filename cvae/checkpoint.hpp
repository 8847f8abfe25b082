#pragma once
#include <filesystem>
#include <vector>

#include "cvae/training.hpp"

namespace elbow {

/// The model's tensors, with the run's name, seed and number of epochs, as a safetensors file.
void save_model(const std::filesystem::path& path, const Experiment& experiment, int64_t epochs);
/// Sets the model's tensors from such a file. Error "PATH: ..." when it is damaged or of another model.
void load_model(const std::filesystem::path& path, Cvae& model);

/// Sets the model's tensors from a checkpoint, to those of the best model so far where validation rows choose one; returns after how many epochs
/// they were such. Error as above.
int64_t load_model_of_checkpoint(const std::filesystem::path& path, Cvae& model);

/// All that training needs to go on where it stopped, and the losses of the epochs so far.
void save_checkpoint(const std::filesystem::path& path, const Experiment& experiment, Training& training,
                     const std::vector<EpochLosses>& epochs);
/// Resumes it; returns the losses of the epochs so far. Error "PATH: ..." as above.
std::vector<EpochLosses> load_checkpoint(const std::filesystem::path& path, Experiment& experiment,
                                         Training& training);

}  // namespace elbow
