#include "experiments/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <ctime>
#include <set>
#include <string>

#include "autograd/error.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

// Everything that a run may leave in its folder.
constexpr const char* files[] = {"config.json",
                                 "run.log",
                                 "summary.json",
                                 "costs.csv",
                                 "per_condition.csv",
                                 "costs_per_dimension.csv",
                                 "encoding_kl_per_lt.csv",
                                 "encoding_kl_vs_rcl.csv",
                                 "model.safetensors",
                                 "checkpoint.safetensors",
                                 "encoding_test_plots.png",
                                 "ELBO.png",
                                 "KLD_vs_dimension.png",
                                 "samples.png",
                                 "reconstructions.png",
                                 "data.safetensors",
                                 "data.json",
                                 "inputs.json",
                                 "figures.json",
                                 "report.html",
                                 "selected_features.csv",
                                 "first_features.csv",
                                 "kl_per_lt.csv",
                                 "kl_all_lt.csv",
                                 "greedy_barplots.png",
                                 "greedy_barplots_first_selection.png",
                                 "greedy_elbo_kld_rcl_dims.png",
                                 "latent_space.csv",
                                 "pca.csv",
                                 "pca.png",
                                 "fid_data.csv",
                                 "fid_score.png",
                                 "samples_grid.png",
                                 "manifold.png",
                                 "traverse.png",
                                 "interpolation.png",
                                 "image_scores.csv",
                                 "image_scores.json",
                                 "image_scores.png",
                                 "label_consistency.csv",
                                 "label_consistency.png",
                                 "features.safetensors"};

// One figure for each number of given features: latent_space_colormap_K.png.
bool colormap(const fs::path& file) {
  return file.filename().string().starts_with("latent_space_colormap_") && file.extension() == ".png";
}

// A run that was killed may leave a file that it had not finished: NAME.partPID (write_file_atomically).
bool unfinished(const fs::path& file) {
  const std::string name = file.filename().string();
  const size_t part = name.rfind(".part"), digits = part + 5;
  return part != std::string::npos && digits < name.size() &&
         name.find_first_not_of("0123456789", digits) == std::string::npos;
}

// Whether the folder holds nothing, or a run that was killed before its first checkpoint: nothing is lost by starting over.
bool abandoned(const fs::path& folder) {
  static const std::set<std::string> first_files = {"run.log", "config.json", "inputs.json", "data.json",
                                                    "data.safetensors"};
  bool all_of_a_run = true;
  for (const auto& entry : fs::directory_iterator(folder))
    all_of_a_run =
        all_of_a_run && (unfinished(entry) || first_files.contains(entry.path().filename().string()));
  return fs::is_empty(folder) || (all_of_a_run && fs::exists(folder / "run.log"));
}

}  // namespace

RunFolder::RunFolder(fs::path path, Mode mode) : path_(std::move(path)), mode_(mode) {
  if (path_.empty()) throw Error("--out: the name of the folder is empty");
  const bool there = fs::exists(path_);
  if (there && !fs::is_directory(path_)) throw Error(path_.string() + ": exists and is not a folder");
  const bool used = there && !abandoned(path_);
  if (mode_ == Mode::fresh && used)
    throw Error(path_.string() +
                ": the folder exists already: choose another --out, or --resume it, or --force to start over");
  if (mode_ == Mode::resume && !fs::exists(path_ / "checkpoint.safetensors"))
    throw Error(path_.string() +
                ": there is no checkpoint.safetensors to resume from; without --resume it begins anew");
  if (mode_ == Mode::force && used && !(fs::exists(path_ / "config.json") && fs::exists(path_ / "run.log")))
    throw Error(path_.string() + ": holds files but no run of elbow: choose another --out");
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

void RunFolder::open() {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw Error(str(path_.string(), ": cannot be made: ", error.message()));
  lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0 || flock(lock_, LOCK_EX | LOCK_NB) != 0)
    throw Error(path_.string() + ": another run is writing to it");
  if (mode_ == Mode::fresh && !abandoned(path_)) throw Error(path_.string() + ": another run was there first");
  if (mode_ == Mode::force)
    for (const char* file : files) fs::remove(path_ / file, error);
  for (const auto& entry : fs::directory_iterator(path_))
    if (unfinished(entry.path()) || (mode_ == Mode::force && colormap(entry.path())))
      fs::remove(entry.path(), error);
  log_.open(path_ / "run.log", std::ios::app);
  if (!log_) throw Error((path_ / "run.log").string() + ": cannot be written");
}

void RunFolder::log(const std::string& line) {
  char stamp[32];
  const std::time_t now = std::time(nullptr);
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", std::localtime(&now));
  log_ << stamp << ' ' << line << std::endl;
}

}  // namespace elbow
