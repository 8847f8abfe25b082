#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "cvae/experiment.hpp"
#include "experiments/report/output_folder.hpp"

namespace elbow {

/// Writes RUN/inputs.json: where each file lies that the run is made from (tables, schemas, images, the net that scores
/// images), its size and its Hash. Not those that cannot be read twice, such as pipes.
void save_inputs(const OutputFolder& run, const Experiment& experiment);

/// Where the file or folder lies today that a setting of the run names: there, or where the run found it. Error "FILE: has
/// changed since the run in RUN was started", or "FILE: is not there", if a file of it is not what RUN/inputs.json says. The
/// setting itself where nothing is known of it: of a run of an earlier version, or of a file that the run did not read.
std::filesystem::path find_input(const std::filesystem::path& run, const std::string& setting);

/// Error, naming the file, if one of these is none of RUN/inputs.json: another took its place, such as FILE that of FILE.gz.
void check_recorded(const std::filesystem::path& run, const std::vector<std::filesystem::path>& files);

/// Makes data from settings, whose files are found as find_input says.
DataMaker data_found_by(const std::filesystem::path& run);

/// Where the file evaluation.features of the experiment lies, the net of RUN/inputs.json; nothing where it has none. Error as
/// find_input.
std::optional<std::string> find_feature_net(const std::filesystem::path& run, const Experiment& experiment);

}  // namespace elbow
