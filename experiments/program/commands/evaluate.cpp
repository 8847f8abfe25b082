#include "experiments/program/commands/commands.hpp"

#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <ostream>

#include "base/files.hpp"
#include "base/machine.hpp"
#include "base/stopwatch.hpp"
#include "cvae/evaluation.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/results.hpp"
#include "experiments/runs/results_files.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

/// The options of `elbow evaluate`.
struct EvaluateOptions {
  std::string run, out;               ///< folders; `out` empty: nothing is written
  std::vector<std::string> settings;  ///< path.to.key=value
  int threads = 0;
  bool json = false, force = false;
};

// An evaluation never takes the place of a run, and only with --force that of another evaluation.
void check_folder(const fs::path& folder, bool force) {
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) throw Error(folder.string() + ": exists and is not a folder");
  if (fs::exists(folder / "model.safetensors") || fs::exists(folder / "run.log"))
    throw Error(folder.string() + ": holds a run: choose another --out");
  if (fs::is_empty(folder)) return;
  if (!force) throw Error(folder.string() + ": the folder exists already: choose another --out, or --force");
  if (!fs::exists(folder / "summary.json"))
    throw Error(folder.string() + ": holds files but no evaluation: choose another --out");
}

void write_results(const fs::path& folder, const Experiment& e, const RunResults& results,
                   const std::string& summary) {
  fs::create_directories(folder);
  if (fs::exists(folder / manifest_file)) remove_files_of_run(folder);  // of an earlier evaluation
  const OutputFolder out = OutputFolder::of_run(folder);
  write_file_atomically(out.file("config.json"), e.resolved);
  write_tables(results, e.evaluation.original_tables, out);
  write_file_atomically(out.file("summary.json"), summary);
}

// Evaluates the model of a finished run on the test set that its configuration, changed by the settings, describes. Prints
// the summary to `text`; writes summary.json, the tables of a run and the configuration to `out`. The run's own folder is
// never written to. Error before anything is written when the model does not fit the settings or the folder is invalid.
void evaluate(const EvaluateOptions& o, std::ostream& text) {
  const Stopwatch watch;
  set_threads(o.threads);
  if (!o.out.empty()) check_folder(o.out, o.force);
  const auto e = open_run(o.run, o.settings);
  const int64_t epochs = epochs_trained(o.run);
  RunResults results =
      evaluate_run(*e, {}, [](const std::string& what) { std::cerr << "note: " << what << std::endl; });
  results.epochs = {
      {epochs, results.train, results.test}};  // times of the training are in the run's own summary
  results.timing.train_step_us = std::nan("");
  results.timing.eval_step_us = eval_step_us(*e, test_losses(*e, 1, false).seconds, e->data.test.rows());
  results.timing.total_s = watch.seconds();
  const std::string summary = summary_json(*e, results);
  if (!o.out.empty()) write_results(o.out, *e, results, summary);
  text << (o.json ? summary : summary_text(results));
}

}  // namespace

void add_evaluate(Command app) {
  Command command = app.command("evaluate", "Evaluate the model of a finished run again");
  auto o = std::make_shared<EvaluateOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.settings(o->settings,
                   "Change a setting of the run, such as seed=7 (other test rows), data.test_rows=100000, "
                   "evaluation.draws=64, loss.beta=0.5 (may be repeated)");
  command.option("--out", o->out, "Folder for summary.json and the tables; by default none are written");
  command.flag("--force", o->force, "Write over an earlier evaluation in that folder");
  command.flag("--json", o->json, "Print the summary as JSON");
  command.threads(o->threads);
  command.device();
  command.runs([o] { evaluate(*o, std::cout); });
}

}  // namespace elbow
