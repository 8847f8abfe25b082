#include "experiments/train.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/checks.hpp"
#include "autograd/environment.hpp"
#include "autograd/tape.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/evaluation.hpp"
#include "data/description.hpp"
#include "experiments/analysis.hpp"
#include "experiments/csv_files.hpp"
#include "experiments/finished_run.hpp"
#include "experiments/interrupt.hpp"
#include "experiments/machine.hpp"
#include "experiments/progress.hpp"
#include "experiments/run_figures.hpp"
#include "experiments/run_folder.hpp"
#include "experiments/run_inputs.hpp"
#include "experiments/run_results.hpp"
#include "experiments/same_run.hpp"
#include "experiments/summary.hpp"
#include "nn/files.hpp"
#include "nn/safetensors.hpp"
#include "nn/stopwatch.hpp"

namespace elbow {
namespace {

// The constants of the data set (such as the projection P), for whoever wants to check the figures.
void save_extras(const RunFolder& folder, const Dataset& data) {
  if (!data.extras.empty())
    save_safetensors(folder / "data.safetensors", {data.extras, {{"source", data.name}}});
}

// Over all epochs, those before a --resume as well.
double train_step_us(const Training& training) {
  const int64_t steps = training.epochs_done() * training.steps_per_epoch();
  return steps ? training.train_seconds() / double(steps) * 1e6 : std::nan("");
}

}  // namespace

void train(const TrainOptions& o) {
  const Stopwatch watch;
  if (o.device != "cpu") Tensor::empty({1}, DType::float32, Device::cuda);  // says why not
  set_threads(o.threads);
  set_check_nan(o.check_nan);
  check_environment();
  const auto mode = o.resume  ? RunFolder::Mode::resume
                    : o.force ? RunFolder::Mode::force
                              : RunFolder::Mode::fresh;
  std::vector<std::string> settings = o.settings;
  if (o.seed) settings.push_back(str("seed=", *o.seed));
  const Config config = Config::read(o.config, settings);
  std::filesystem::path out = o.out;
  if (out.empty()) out = std::filesystem::path("outputs") / config.get<std::string>("name");
  Experiment e(config, o.resume ? data_found_by(out) : data_of_settings);
  if (o.resume) find_feature_net(out, e);
  check_analyses(e);
  RunFolder folder(out, mode);
  Training training(e);
  std::vector<EpochCosts> epochs;
  if (o.resume) {
    check_same_run(folder / "config.json", e.resolved);
    check_described(out, e.data);
    epochs = load_checkpoint(folder / "checkpoint.safetensors", e, training);
  }

  folder.open();
  write_file_atomically(folder / "config.json", e.resolved);
  if (!o.resume) save_inputs(out, e);
  write_file_atomically(folder / "data.json", description_of(e.data));
  save_extras(folder, e.data.train);
  const Machine m = machine();
  folder.log(str(o.resume ? "resumed" : "started", " ", o.config, ", seed ", e.seed, ", ", m.threads,
                 " threads, ", m.isa));
  Progress progress(o.quiet, e.training.epochs, training.steps_per_epoch(), training.epochs_done());
  progress.line(str(e.name, ": ", e.data.train.rows(), " rows of ", e.data.train.columns(), " columns, ",
                    e.model->parameters(), " parameters, seed ", e.seed, ", ", m.threads, " threads, ", m.isa));
  for (const std::string& warning : e.data.warnings) {
    folder.log("warning: " + warning);
    progress.line("warning: " + warning);
  }

  // Ctrl-C or a polite kill: the running epoch is given up, the last checkpoint stays.
  std::optional<InterruptWatch> interrupts(std::in_place);
  const auto stop_if_interrupted = [&] {
    if (!interrupts->signal()) return;
    folder.log("interrupted");
    throw Interrupted(interrupts->signal(), "interrupted: go on with --resume");
  };
  const auto checkpoint = folder / "checkpoint.safetensors";
  if (!o.resume) save_checkpoint(checkpoint, e, training, epochs);
  Stopwatch since_save;
  double save_seconds = 0, eval_seconds = 0;
  while (training.epochs_done() < e.training.epochs) {
    const int64_t epoch = training.epochs_done();
    EpochCosts costs;
    costs.epoch = epoch + 1;
    costs.train = training.epoch([&](int64_t step) {
      stop_if_interrupted();
      progress.step(epoch, step);
    });
    const RowCosts rows = test_costs(e, 1, false);
    eval_seconds = rows.seconds;
    costs.test = costs_of(rows);
    require_finite(costs.test);
    epochs.push_back(costs);
    progress.epoch(costs, train_step_us(training));
    folder.log(
        str("epoch ", costs.epoch, " train loss ", costs.train.loss.mean, " test loss ", costs.test.loss.mean));
    // saved as often as it costs no more than a few percent of the time, and in the end in any case
    if (since_save.seconds() > 20 * save_seconds || interrupts->signal() ||
        training.epochs_done() == e.training.epochs) {
      since_save.restart();
      save_checkpoint(checkpoint, e, training, epochs);
      save_seconds = since_save.seconds();
    }
    stop_if_interrupted();
  }
  interrupts.reset();

  save_model(folder / "model.safetensors", e, training.epochs_done());
  RunResult result = evaluate_run(e, epochs);
  result.timing.train_step_us = train_step_us(training);
  if (eval_seconds == 0) eval_seconds = test_costs(e, 1, false).seconds;  // nothing was left to train
  result.timing.eval_step_us = eval_step_us(e, eval_seconds);
  result.timing.total_s = watch.seconds();
  write_csv_files(result.figures, folder.path());
  progress.line(summary_text(result));
  const AnalysesDone done = make_analyses(e, folder.path());
  if (!done.text.empty()) progress.line(done.text);
  std::vector<std::string> problems = done.problems;
  const auto no_figures = draw_figures(e, result, done, folder);
  problems.insert(problems.end(), no_figures.begin(), no_figures.end());
  for (const std::string& problem : problems) {
    progress.line("not made: " + problem);
    folder.log("not made: " + problem);
  }
  // The last file: a run that has it is whole, with its figures.
  write_file_atomically(folder / "summary.json", summary_json(e, result, training.epochs_done()));
  progress.line("results and figures are in " + folder.path().string());
  folder.log("done");
}

}  // namespace elbow
