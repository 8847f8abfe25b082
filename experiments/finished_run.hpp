#pragma once
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"

namespace elbow {

/// Error, naming the folder, unless it is one that holds these files of a finished run.
void require_run(const std::filesystem::path& folder, std::initializer_list<const char*> files);

/// The experiment of a finished run with its trained model, in evaluation mode: RUN/config.json, changed by `settings`
/// (path.to.key=value), and RUN/model.safetensors. Nothing is written. Error, naming the file, when the folder holds no
/// finished run, and naming the settings when the model does not fit them.
std::unique_ptr<Experiment> open_run(const std::filesystem::path& run,
                                     const std::vector<std::string>& settings = {});

/// How many epochs the model of a finished run was trained for. Error, naming the file, when that does not say.
int64_t epochs_trained(const std::filesystem::path& run);

}  // namespace elbow
