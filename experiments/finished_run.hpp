#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"

namespace elbow {

/// The experiment of a finished run with its trained model, in evaluation mode: RUN/config.json, changed by `settings`
/// (path.to.key=value), and RUN/model.safetensors. Error, naming the file, when the folder holds no finished run or the
/// model does not fit the changed settings.
std::unique_ptr<Experiment> open_run(const std::filesystem::path& run,
                                     const std::vector<std::string>& settings = {});

}  // namespace elbow
