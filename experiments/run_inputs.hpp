#pragma once
#include <filesystem>
#include <vector>

namespace elbow {

/// Writes RUN/inputs.json: the size and the Hash of each file that a run's rows are read from. Nothing where
/// there is none.
void save_inputs(const std::filesystem::path& run, const std::vector<std::filesystem::path>& inputs);

/// What a run answers depends on its rows: on the scaling that was fitted to them, and on which of them test. Error "FILE: has
/// changed since the run in RUN was begun" if one of the files is not what RUN/inputs.json says. A run without
/// inputs.json, which an earlier version made, is let pass.
void check_inputs(const std::filesystem::path& run, const std::vector<std::filesystem::path>& inputs);

}  // namespace elbow
