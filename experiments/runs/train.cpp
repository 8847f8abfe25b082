#include "experiments/runs/train.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "autograd/checks.hpp"
#include "autograd/tape.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/machine.hpp"
#include "base/stopwatch.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/device_evaluation.hpp"
#include "cvae/evaluation.hpp"
#include "data/description.hpp"
#include "experiments/analyses/analysis.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/inputs.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/page.hpp"
#include "experiments/runs/progress.hpp"
#include "experiments/runs/results.hpp"
#include "experiments/runs/results_files.hpp"
#include "experiments/runs/run_folder.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace {

constexpr auto interrupted = "interrupted", how_to_go_on = "interrupted: continue with --resume";

// Over all epochs, those before a --resume as well.
double train_step_us(const Training& training) {
  const int64_t steps = training.epochs_done() * training.steps_per_epoch();
  return steps ? training.train_seconds() / double(steps) * 1e6 : std::nan("");
}

RunFolder::Mode mode_of(const TrainOptions& o) {
  return o.resume  ? RunFolder::Mode::resume
         : o.force ? RunFolder::Mode::force
         : o.keep  ? RunFolder::Mode::keep
                   : RunFolder::Mode::fresh;
}

// The epochs that are left, each followed by a look at the test set, and a checkpoint now and then. Of the state of a training
// no more is lost than what happened since the last one.
class Epochs {
 public:
  Epochs(const Experiment& e, Training& training, std::vector<EpochLosses>& done, RunFolder& folder,
         Progress& progress, InterruptWatch& interrupts, double checkpoint_seconds)
      : e_(e),
        training_(training),
        done_(done),
        folder_(folder),
        progress_(progress),
        interrupts_(interrupts),
        checkpoint_seconds_(checkpoint_seconds) {}

  void run() {
    while (!training_.is_done()) {
      const int64_t epoch = training_.epochs_done();
      EpochLosses losses;
      losses.epoch = epoch + 1;
      losses.train = training_.epoch([&](int64_t step) {
        progress_.step(epoch, step);
        between_steps();
      });
      losses.test = look_at_test_set();
      require_finite(losses.test);
      losses.validation = training_.validation();
      done_.push_back(losses);
      progress_.epoch(losses, train_step_us(training_));
      folder_.log(str("epoch ", losses.epoch, " train loss ", fixed(losses.train.loss.mean, 5), " test loss ",
                      fixed(losses.test.loss.mean, 5),
                      std::isnan(losses.validation.loss.mean)
                          ? ""
                          : " validation loss " + fixed(losses.validation.loss.mean, 5)));
      // saved as often as that takes at most a few percent of the time, and always at the end
      if (since_save_.seconds() > 20 * save_seconds_ || training_.is_done()) save();
      stop_if_interrupted();
    }
  }

  // Not a state that has lost its numbers: what it has diverged from can still be used.
  void save() {
    folder_.require_claim();
    if (!all_finite(*e_.model)) return;
    const std::filesystem::path file = folder_.file("checkpoint.safetensors");
    since_save_.restart();  // listing the file, which is done once, says nothing of the next checkpoint
    save_checkpoint(file, e_, training_, done_);
    save_seconds_ = since_save_.seconds();
  }
  // How long a look at the test set took; 0 if there was none.
  double eval_seconds() const { return eval_seconds_; }

 private:
  Losses look_at_test_set() {
    if (e_.model->device() == Device::cpu) {
      const RowLosses rows = test_losses(e_, 1, false, epoch_rows(e_));
      eval_seconds_ = rows.seconds;
      return losses_of(rows);
    }
    if (!on_device_) on_device_ = std::make_unique<DeviceEvaluation>(std::vector{&e_}, *e_.model);
    const Stopwatch watch;
    const Losses losses = on_device_->losses().front();
    eval_seconds_ = watch.seconds();
    return losses;
  }
  // After the last step of an epoch the state is neither that of a step within it nor that of the next epoch.
  void between_steps() {
    if (training_.steps_started() == training_.steps_per_epoch()) return;
    if (since_save_.seconds() > checkpoint_seconds_) save();
    stop_if_interrupted();
  }
  void stop_if_interrupted() {
    const int signal = interrupts_.signal();
    if (!signal) return;
    const bool in_time = 1.5 * save_seconds_ < interrupts_.seconds_left();
    interrupts_.handled();
    if (in_time) save();
    folder_.log(interrupted);
    throw Interrupted(signal, how_to_go_on);
  }

  const Experiment& e_;
  Training& training_;
  std::vector<EpochLosses>& done_;
  RunFolder& folder_;
  Progress& progress_;
  InterruptWatch& interrupts_;
  double checkpoint_seconds_;
  std::unique_ptr<DeviceEvaluation> on_device_;  // where the model is on one
  Stopwatch since_save_;
  double save_seconds_ = 0, eval_seconds_ = 0;
};

// All but the last file of a run, and what could not be made.
std::vector<NotMade> write_results(const Experiment& e, RunResults& results, const RunFolder& folder,
                                   Progress& progress, const std::optional<std::string>& features) {
  folder.require_claim();
  write_tables(results, e.evaluation.original_tables, folder.output());
  progress.line(summary_text(results));
  AnalysisContext context{folder.output(), {}, progress.teller(), features};
  const AnalysesDone done = make_analyses(e, analyses_of(e), context);
  results.findings = context.findings;
  if (!done.text.empty()) progress.line(done.text);
  std::vector<NotMade> problems = draw_figures(e, results, done, folder);
  for (NotMade& problem : problems) problem.why = folder.in_words(problem.why);
  return problems;
}

// What train() does in a folder that is claimed.
void train_in(RunFolder& folder, const TrainOptions& o, Experiment& e,
              const std::optional<std::string>& features, const Stopwatch& watch) {
  Training training(e);
  std::vector<EpochLosses> epochs;
  std::string changed;
  if (o.resume) {
    changed = check_same_run(folder / "config.json", e.resolved);
    check_described(folder.name(), e.data);
    epochs = load_checkpoint(folder / "checkpoint.safetensors", e, training);
    const bool other = settings_of_run(folder / "config.json") != Json::parse(e.resolved);
    if (other && training.is_done() && training.epochs_done() < e.training.epochs)
      throw Error((folder / "config.json").string() +
                  ": training.validation.patience has ended this run: start over");
  }
  folder.open();
  const Machine m = machine();
  Progress progress(o.quiet, e.training.epochs, training.steps_per_epoch(), training.epochs_done());
  // From here on a signal ends the run in good order: between two steps, or within a second by this function.
  InterruptWatch interrupts([&] {
    folder.log(interrupted);
    folder.release();
    std::cerr << "\nelbow: " << how_to_go_on << std::endl;
  });
  if (!folder.kept_as().empty())
    progress.line("The earlier run in " + folder.name().string() + " is kept as " + folder.kept_as().string() +
                  ".");
  write_start_of_run(folder, e, !o.resume);
  folder.log(str(o.resume ? "resumed" : "started", " ", o.config, ", seed ", e.seed, ", ", m.threads,
                 " threads, ", m.isa, changed.empty() ? "" : ", ", changed));
  progress.line(str(e.name, ": ", e.data.train.rows(), " rows of ", e.data.train.columns(), " columns, ",
                    e.model->parameters(), " parameters, seed ", e.seed, ", ", m.threads, " threads, ", m.isa));
  for (const std::string& warning : e.warnings) {
    folder.log("warning: " + warning);
    progress.line("warning: " + warning);
  }

  // While it goes on it is not whole; what these two held is in the checkpoint.
  folder.require_claim();
  if (!training.is_done())
    for (const char* file : {"summary.json", "model.safetensors"}) std::filesystem::remove(folder / file);
  Epochs run(e, training, epochs, folder, progress, interrupts, o.checkpoint_seconds);
  if (!o.resume) run.save();
  run.run();

  training.best().restore();
  folder.require_claim();
  save_model(folder.file("model.safetensors"), e, training.epochs_done());
  RunResults results = evaluate_run(e, epochs, [&](const std::string& what) { progress.line(what); });
  set_best(results, e, training.best().epoch());
  if (training.epochs_done() < e.training.epochs)
    progress.line(str("validation: no better model for ", e.training.validation.patience, " epochs"));
  results.timing.train_step_us = train_step_us(training);
  // where nothing was left to train
  const double eval_seconds =
      run.eval_seconds() > 0 ? run.eval_seconds() : test_losses(e, 1, false, epoch_rows(e)).seconds;
  results.timing.eval_step_us = eval_step_us(e, eval_seconds, epoch_rows(e));
  results.timing.total_s = watch.seconds();
  const std::vector<NotMade> problems = write_results(e, results, folder, progress, features);
  for (const NotMade& problem : problems) folder.log("not made: " + problem.why);
  warn(problems);
  // The last file: a run that has it is whole, with its figures.
  folder.require_claim();
  write_file_atomically(folder.file("summary.json"), summary_json(e, results));
  progress.line("results and figures are in " + folder.name().string());
  folder.log("done");
  require_made(problems);
}

}  // namespace

void write_start_of_run(const RunFolder& folder, const Experiment& e, bool inputs) {
  write_file_atomically(folder.file("config.json"), e.resolved);
  if (inputs) save_inputs(folder.output(), e);
  write_file_atomically(folder.file("data.json"), description_of(e.data));
  // The constants of the data set (such as the projection P), for checks of the figures.
  if (!e.data.train.extras.empty())
    save_safetensors(folder.file("data.safetensors"), {e.data.train.extras, {{"source", e.data.train.name}}});
}

void train(const TrainOptions& o) {
  const Stopwatch watch;
  set_threads(o.threads);
  set_check_nan(o.check_nan);
  check_environment();
  if (!(o.checkpoint_seconds >= 0))
    throw Error(str("--checkpoint-seconds: must be a number from 0 on, not ", o.checkpoint_seconds));
  std::vector<std::string> settings = o.settings;
  if (o.seed) settings.push_back(str("seed=", *o.seed));
  const Config config = Config::read(o.config, settings);
  std::filesystem::path out = o.out;
  if (out.empty()) out = std::filesystem::path("outputs") / config.get<std::string>("name");
  Experiment e(config, o.resume ? data_found_by(out) : data_of_settings);
  const auto features = o.resume ? find_feature_net(out, e) : e.evaluation.features;
  check_analyses(e, analyses_of(e), features);
  RunFolder folder(out, mode_of(o), o.found);
  try {
    train_in(folder, o, e, features, watch);
  } catch (const Diverged& problem) {
    folder.log(str("diverged: ", problem.what()));
    throw Error(str(problem.what(),
                    "; the last finite state is kept: --resume --set "
                    "training.schedule.learning_rate=... continues from it"));
  } catch (const Interrupted&) { throw; } catch (const Incomplete&) {
    throw;
  } catch (const Error& problem) { throw Error(folder.in_words(problem.what())); }
}

}  // namespace elbow
