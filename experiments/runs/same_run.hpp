#pragma once
#include <filesystem>
#include <string>

namespace elbow {

/// A run is taken up again only under the settings that it was begun with: Error, naming `file`, its config.json, unless
/// `resolved` (Experiment::resolved) holds the same ones. More epochs may be asked for where that is as if they had been
/// asked for at once: where nothing else depends on their number. So may a lower learning rate, for a run that has
/// diverged; that is what comes back, "learning rate 0.0001 instead of 0.001", or "".
std::string check_same_run(const std::filesystem::path& file, const std::string& resolved);

}  // namespace elbow
