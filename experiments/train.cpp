#include "experiments/train.hpp"

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "autograd/environment.hpp"
#include "autograd/tape.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/evaluation.hpp"
#include "experiments/csv_files.hpp"
#include "experiments/machine.hpp"
#include "experiments/progress.hpp"
#include "experiments/run_figures.hpp"
#include "experiments/run_folder.hpp"
#include "experiments/summary.hpp"
#include "nn/files.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Ctrl-C: the running epoch is given up, the last checkpoint stays.
volatile std::sig_atomic_t interrupted = 0;
void on_interrupt(int) { interrupted = 1; }

Json settings_of(const TrainOptions& o) {
  Json json = read_json(o.config);
  for (const std::string& s : o.settings) set_setting(json, s);
  if (!o.seed.empty()) set_setting(json, "seed=" + o.seed);
  return json;
}

// A run is taken up again only under the settings that it was begun with; just more epochs may be asked for.
void check_same_run(const std::filesystem::path& file, const std::string& resolved) {
  Json before = read_json(file), after = Json::parse(resolved);
  before["training"].erase("epochs");
  after["training"].erase("epochs");
  if (before != after)
    throw Error(file.string() +
                ": the run was begun with other settings: --resume takes the same ones (or more epochs)");
}

// The constants of the data set (such as the projection P), for whoever wants to check the figures.
void save_extras(const RunFolder& folder, const Dataset& data) {
  if (!data.extras.empty())
    save_safetensors(folder / "data.safetensors", {data.extras, {{"source", data.name}}});
}

RunResult evaluate(Experiment& e, const std::vector<EpochCosts>& epochs) {
  RunResult r;
  const RowCosts rows = test_costs(e, e.evaluation.draws, e.bound != nullptr);
  r.test = costs_of(rows);
  if (!epochs.empty()) r.train = epochs.back().train;
  r.figures.name = e.name;
  r.figures.beta = e.loss.beta;
  r.figures.epochs = epochs;
  r.figures.per_count = per_count_results(e, rows);
  r.figures.scatter = latent_scatter(e);
  if (!e.bound) return r;
  const AverageBound b = e.bound->average(e.condition.given());
  r.figures.bound = BoundPoint{b.loss, b.distortion, b.kl, b.active, {}};
  r.excess = estimate_of(rows.excess);
  return r;
}

}  // namespace

void train(const TrainOptions& o) {
  const double start = now();
  if (o.device != "cpu") Tensor::empty({1}, DType::float32, Device::cuda);  // says why not
  set_threads(o.threads);
  set_check_nan(o.check_nan);
  check_environment();
  const auto mode = o.resume  ? RunFolder::Mode::resume
                    : o.force ? RunFolder::Mode::force
                              : RunFolder::Mode::fresh;
  const Json json = settings_of(o);
  Experiment e(Config(json, o.config));
  RunFolder folder(o.out.empty() ? std::filesystem::path("outputs") / e.name : std::filesystem::path(o.out),
                   mode);
  Training training(e);
  std::vector<EpochCosts> epochs;
  if (o.resume) {
    check_same_run(folder / "config.json", e.resolved);
    epochs = load_checkpoint(folder / "checkpoint.safetensors", e, training);
  }

  folder.open();
  write_file_atomically(folder / "config.json", e.resolved);
  save_extras(folder, e.data.train);
  const Machine m = machine();
  folder.log(str(o.resume ? "resumed" : "started", " ", o.config, ", seed ", e.seed, ", ", m.threads,
                 " threads, ", m.isa));
  Progress progress(o.quiet, e.training.epochs, training.steps_per_epoch(), training.epochs_done());
  progress.line(str(e.name, ": ", e.data.train.rows(), " rows of ", e.data.train.columns(), " columns, ",
                    e.model->parameters(), " parameters, seed ", e.seed, ", ", m.threads, " threads, ", m.isa));

  interrupted = 0;
  const auto before = std::signal(SIGINT, on_interrupt);
  double last_save = now(), eval_seconds = 0;
  int64_t steps = 0;
  while (training.epochs_done() < e.training.epochs) {
    const int64_t epoch = training.epochs_done();
    EpochCosts costs;
    costs.epoch = epoch + 1;
    costs.train = training.epoch([&](int64_t step) {
      progress.step(epoch, step);
      if (interrupted) throw Error("interrupted: go on with --resume");
    });
    const RowCosts rows = test_costs(e, 1, false);
    eval_seconds = rows.seconds;
    costs.test = costs_of(rows);
    epochs.push_back(costs);
    steps += training.steps_per_epoch();
    progress.epoch(costs, training.train_seconds() / double(steps) * 1e6);
    folder.log(
        str("epoch ", costs.epoch, " train loss ", costs.train.loss.mean, " test loss ", costs.test.loss.mean));
    if (now() - last_save > 2 || training.epochs_done() == e.training.epochs) {
      save_checkpoint(folder / "checkpoint.safetensors", e, training, epochs);
      last_save = now();
    }
  }
  progress.end();
  std::signal(SIGINT, before);

  save_model(folder / "model.safetensors", e, training.epochs_done());
  RunResult result = evaluate(e, epochs);
  result.timing.train_step_us = steps ? training.train_seconds() / double(steps) * 1e6 : 0;
  result.timing.eval_step_us = eval_seconds * 1e6 * double(e.training.batch_rows) / double(e.data.test.rows());
  result.timing.total_s = now() - start;
  write_csv_files(result.figures, folder.path());
  write_file_atomically(folder / "summary.json", summary_json(e, result, training.epochs_done()));
  progress.line(summary_text(result));
  for (const std::string& problem : draw_figures(e, result, folder)) {
    progress.line("no figure: " + problem);
    folder.log("no figure: " + problem);
  }
  progress.line("results and figures are in " + folder.path().string());
  folder.log("done");
}

}  // namespace elbow
