#pragma once
#include <filesystem>

namespace elbow {

/// The rule for a file named by --out, of every command: it is new, or --force says that it may be replaced; its folder is
/// there; and it is none of the results that a run left in its folder, which only the run's own commands renew. Error
/// otherwise.
void check_output_file(const std::filesystem::path& file, bool force);

}  // namespace elbow
