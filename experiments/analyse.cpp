#include "experiments/analyse.hpp"

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "experiments/analysis.hpp"
#include "experiments/finished_run.hpp"
#include "experiments/machine.hpp"
#include "experiments/output_file.hpp"
#include "experiments/plain_text.hpp"
#include "experiments/run_inputs.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

// A new folder beside another one; it goes with what is left in it.
class Beside {
 public:
  explicit Beside(const fs::path& folder)
      : path_((folder.has_filename() ? folder : folder.parent_path()).string() + str(".part", getpid())) {
    if (fs::exists(folder) && !fs::is_directory(folder))
      throw Error(folder.string() + ": exists and is not a folder");
    fs::create_directories(path_);
  }
  ~Beside() {
    std::error_code gone;
    fs::remove_all(path_, gone);
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  const fs::path& path() const { return path_; }
  // All its files, or none if one of them may not be written there.
  void move_to(const fs::path& folder, bool force) const {
    fs::create_directories(folder);
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path_)) files.push_back(entry.path());
    for (const fs::path& file : files) check_output_file(folder / file.filename(), force);
    for (const fs::path& file : files) fs::rename(file, folder / file.filename());
  }

 private:
  fs::path path_;
};

}  // namespace

void analyse(const AnalyseOptions& o) {
  if (!o.settings.empty() && o.out.empty())
    throw Error(
        "--set: tables made under other settings than the run's do not belong into its folder: name another "
        "with --out");
  set_threads(o.threads);
  const auto experiment = open_run(o.run, o.settings);
  for (const Analysis& a : analyses())
    if (o.analysis == a.name && !a.applies(*experiment))
      throw Error(str(o.run, ": '", o.analysis, "' has nothing to show of this run"));
  experiment->evaluation.analyses = {{o.analysis}};
  if (o.analysis == "image_scores") find_feature_net(o.run, *experiment);
  check_analyses(*experiment);
  const fs::path folder = o.out.empty() ? o.run : o.out;
  // Elsewhere than in the run's own folder it is made beside it and moved there when it is whole.
  std::optional<Beside> beside;
  if (!o.out.empty() && !(fs::exists(folder) && fs::equivalent(folder, o.run))) beside.emplace(folder);
  const AnalysesDone done = make_analyses(*experiment, beside ? beside->path() : folder);
  if (!done.problems.empty()) throw Error(done.problems.front().why);
  if (beside) beside->move_to(folder, o.force);
  std::cout << plain_text(done.text, /*lines=*/true);
  std::cout << "tables and figures are in " << folder.string() << '\n';
}

}  // namespace elbow
