#include "experiments/runs/output_file.hpp"

#include "base/error.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {
namespace fs = std::filesystem;

void check_output_file(const fs::path& file, bool force) {
  if (fs::is_directory(file)) throw Error(file.string() + ": is a folder, not a file");
  if (is_file_of_run(file)) throw Error(file.string() + ": is a file of a run: choose another --out");
  if (fs::exists(file) && !force)
    throw Error(file.string() + ": exists already: choose another --out, or --force");
  if (file.has_parent_path() && !fs::is_directory(file.parent_path()))
    throw Error(file.string() + ": there is no folder " + file.parent_path().string());
}

}  // namespace elbow
