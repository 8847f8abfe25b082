#include "experiments/program/commands/commands.hpp"

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "base/interrupt.hpp"
#include "base/machine.hpp"
#include "experiments/analyses/analysis.hpp"
#include "experiments/runs/folder_claim.hpp"
#include "experiments/runs/inputs.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/progress.hpp"
#include "experiments/runs/results_files.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

/// The options of `elbow ANALYSIS RUN`.
struct AnalyseOptions {
  std::string analysis;               ///< its name
  std::string run, out;               ///< folders; `out` empty: the run's own
  std::vector<std::string> settings;  ///< path.to.key=value
  int threads = 0;
  bool force = false;  ///< write over existing files
};

// A folder within another one for unfinished files. It is removed with what is left in it. So is the other one if it is
// new and empty.
class PartFolder {
 public:
  explicit PartFolder(const fs::path& folder)
      : folder_(folder), path_(folder / str("analysis.part", getpid())), is_new_(!fs::exists(folder)) {
    if (!is_new_ && !fs::is_directory(folder)) throw Error(folder.string() + ": exists and is not a folder");
    fs::create_directories(path_);
  }
  ~PartFolder() { remove(); }
  PartFolder(const PartFolder&) = delete;
  PartFolder& operator=(const PartFolder&) = delete;

  const fs::path& path() const { return path_; }
  // All its files go to the folder, or none if one of them may not be written there.
  void finish(bool force) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path_)) files.push_back(entry.path());
    for (const fs::path& file : files) check_output_file(folder_ / file.filename(), force);
    for (const fs::path& file : files) fs::rename(file, folder_ / file.filename());
  }
  void remove() const {
    std::error_code error;
    fs::remove_all(path_, error);
    if (is_new_) fs::remove(folder_, error);  // which fails where there is something in it
  }

 private:
  fs::path folder_, path_;
  bool is_new_;
};

// Tables and figures go to the run's folder, while no training writes there, or to another one when they are whole.
AnalysesDone analyse_into(const fs::path& folder, const AnalyseOptions& o, const Experiment& experiment,
                          const std::optional<std::string>& features, const Tell& tell) {
  const auto make = [&](const OutputFolder& to) {
    AnalysisContext context{to, {}, tell, features};
    if (o.settings.empty()) context.findings = read_findings(o.run);  // of this very model
    AnalysesDone done = make_analyses(experiment, {o.analysis}, context);
    if (done.made.empty()) throw Error(done.problems.front().why);
    return std::pair(std::move(done), std::move(context.findings));
  };
  if (fs::exists(folder) && fs::equivalent(folder, o.run)) {
    const FolderClaim claim(folder, folder.string());
    auto [done, findings] = make(OutputFolder::of_run(folder));
    update_summary(folder, findings);
    return done;
  }
  const PartFolder part(folder);
  const InterruptWatch interrupts([&] {
    part.remove();
    std::cerr << "elbow: interrupted" << std::endl;
  });
  AnalysesDone done = make(part.path()).first;
  part.finish(o.force);
  return done;
}

// Makes one analysis of a finished run. Error when the folder holds none, or when there is nothing to see in it.
void analyse(const AnalyseOptions& o) {
  if (!o.settings.empty() && o.out.empty())
    throw Error(
        "--set: tables made under other settings than the run's do not belong into its folder: name another "
        "with --out");
  set_threads(o.threads);
  const std::unique_ptr<const Experiment> experiment = open_run(o.run, o.settings);
  for (const Analysis& a : analyses())
    if (o.analysis == a.name && !a.applies(*experiment))
      throw Error(str(o.run, ": '", o.analysis, "' does not apply to this run"));
  const auto features = o.analysis == "image_scores" ? find_feature_net(o.run, *experiment) : std::nullopt;
  check_analyses(*experiment, {o.analysis}, features);
  const fs::path folder = o.out.empty() ? o.run : o.out;
  Progress progress;
  const AnalysesDone done = analyse_into(folder, o, *experiment, features, progress.teller());
  progress.line(done.text + "tables and figures are in " + folder.string());
  warn(done.problems);
  require_made(done.problems);
}

}  // namespace

// One sub-command for each analysis.
void add_analyses(Command app) {
  for (const Analysis& analysis : analyses()) {
    Command command = app.command(analysis.name, analysis.doc);
    auto o = std::make_shared<AnalyseOptions>();
    o->analysis = analysis.name;
    command.option("run", o->run, "Folder of a finished run").required();
    command.option("--out", o->out, "Folder for tables and figures; by default the run's own");
    command.flag("--force", o->force, "Write over existing files in that folder");
    command.settings(o->settings,
                     "Change a setting of the run: path.to.key=value (may be repeated); needs --out");
    command.threads(o->threads);
    command.device();
    command.runs([o] { analyse(*o); });
  }
}

}  // namespace elbow
