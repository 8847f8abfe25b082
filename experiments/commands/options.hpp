#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace elbow {

/// --set path.to.key=value, once for each change of a configuration.
void add_settings_option(CLI::App* command, std::vector<std::string>& settings,
                         const std::string& what = "Change a setting: path.to.key=value (may be repeated)");

/// --threads, 0 for one on each core.
void add_threads_option(CLI::App* command, int& threads);

}  // namespace elbow
