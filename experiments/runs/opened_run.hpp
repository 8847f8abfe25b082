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

/// The settings of a run, RUN/config.json; those that it lacks because a later version added them, as they were then.
Json settings_of_run(const std::filesystem::path& config);

/// How settings differ from those that a run was started with, more epochs aside, if nothing else depends on their number.
struct SettingsChange {
  std::string setting;  ///< the first that differs, "loss.beta"; empty: none does
  std::string why;      ///< the same in words
  bool allowed = true;  ///< the run can go on: none differs, or the learning rate is lower
};
/// Of `resolved` (Experiment::resolved) and a run's config.json. Error, naming the file, if that is none.
SettingsChange change_of_settings(const std::filesystem::path& file, const std::string& resolved);

/// A run is resumed only under the settings that it was started with: Error, naming `file`, its config.json, unless
/// `resolved` (Experiment::resolved) holds the same ones. Two changes are allowed: more epochs, if nothing else depends
/// on their number, and a lower learning rate, for a run that has diverged. Returns the latter, "learning rate 0.0001
/// instead of 0.001", or "".
std::string check_same_run(const std::filesystem::path& file, const std::string& resolved);

/// The experiment of a finished run with its trained model, in evaluation mode: RUN/config.json, changed by `settings`
/// (path.to.key=value), and RUN/model.safetensors, or the last state of an unfinished training, which a line on
/// standard error reports. Its rows are read or drawn again, and scaled and cut as RUN/data.json says, unless settings
/// change the source or the schema. Nothing is written. Error, naming the file, when the folder holds no finished run,
/// or a file that it was trained on is gone or another one; naming the settings, when the model does not fit them.
std::unique_ptr<Experiment> open_run(const std::filesystem::path& run,
                                     const std::vector<std::string>& settings = {});

/// The same without the rows, which need not be there: `data` is what RUN/data.json describes. Of a run of an earlier
/// version, which has no such file, open_run.
std::unique_ptr<Experiment> open_model(const std::filesystem::path& run);

/// Error unless `data`, made by the settings of a run, come from the files of RUN/inputs.json and are what RUN/data.json
/// describes, if there are such.
void check_described(const std::filesystem::path& run, const DataSplit& data);

/// How many epochs the model of a finished run was trained for. Error, naming the file, when that does not say.
int64_t epochs_trained(const std::filesystem::path& run);

}  // namespace elbow
