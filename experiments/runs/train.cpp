#include "experiments/runs/train.hpp"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "autograd/checks.hpp"
#include "base/files.hpp"
#include "base/machine.hpp"
#include "base/stopwatch.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/evaluation.hpp"
#include "data/description.hpp"
#include "experiments/analyses/analysis.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/epochs.hpp"
#include "experiments/runs/inputs.hpp"
#include "experiments/runs/mpirun.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/page.hpp"
#include "experiments/runs/results.hpp"
#include "experiments/runs/results_files.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace {

RunFolder::Mode mode_of(const TrainOptions& o) {
  return o.resume  ? RunFolder::Mode::resume
         : o.force ? RunFolder::Mode::force
         : o.keep  ? RunFolder::Mode::keep
                   : RunFolder::Mode::fresh;
}

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

// A training that is about to begin, or to go on.
struct Prepared {
  Prepared(const Config& config, const TrainOptions& o, const std::filesystem::path& out, const Ranks& ranks)
      : experiment(config, o.resume ? data_found_by(out) : data_of_settings),
        features(o.resume ? find_feature_net(out, experiment) : experiment.evaluation.features) {
    check_analyses(experiment, analyses_of(experiment), features);
    if (ranks.rank() == 0) folder.emplace(out, mode_of(o), o.found);
    training.emplace(experiment, ranks);
    if (o.resume) resume(out);
    if (folder) folder->open();
  }
  void resume(const std::filesystem::path& out) {
    changed = check_same_run(out / "config.json", experiment.resolved);
    check_described(out, experiment.data);
    epochs = load_checkpoint(out / "checkpoint.safetensors", experiment, *training);
    const bool other = settings_of_run(out / "config.json") != Json::parse(experiment.resolved);
    if (other && training->is_done() && training->epochs_done() < experiment.training.epochs)
      throw Error((out / "config.json").string() +
                  ": training.validation.patience has ended this run: start over");
  }

  Experiment experiment;
  std::optional<std::string> features;
  std::optional<RunFolder> folder;  // of the first rank
  std::optional<Training> training;
  std::vector<EpochLosses> epochs;
  std::string changed;
};

// What the first rank does in a folder that is claimed.
void train_in(Prepared& run, const TrainOptions& o, Ranks& ranks, const Stopwatch& watch) {
  Experiment& e = run.experiment;
  Training& training = *run.training;
  RunFolder& folder = *run.folder;
  const Machine m = machine();
  const std::string on_ranks = ranks.several() ? str(", ", ranks.size(), " ranks") : "";
  Progress progress(o.quiet, e.training.epochs, training.steps_per_epoch(), training.epochs_done());
  // From here on a signal ends the run in good order: between two steps, or within a second by this function.
  InterruptWatch interrupts([&] {
    folder.log(Epochs::interrupted);
    folder.release();
    std::cerr << "\nelbow: " << Epochs::how_to_go_on << std::endl;
  });
  if (!folder.kept_as().empty())
    progress.line("The earlier run in " + folder.name().string() + " is kept as " + folder.kept_as().string() +
                  ".");
  write_start_of_run(folder, e, !o.resume);
  folder.log(str(o.resume ? "resumed" : "started", " ", o.config, ", seed ", e.seed, ", ", m.threads,
                 " threads, ", m.isa, on_ranks, run.changed.empty() ? "" : ", ", run.changed));
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
  Epochs steps(ranks, e, training, run.epochs, folder, progress, interrupts, o.checkpoint_seconds);
  if (!o.resume) steps.save();
  steps.run();
  ranks.done();

  training.best().restore();
  folder.require_claim();
  save_model(folder.file("model.safetensors"), e, training.epochs_done());
  RunResults results = evaluate_run(e, run.epochs, [&](const std::string& what) { progress.line(what); });
  set_best(results, e, training.best().epoch());
  if (training.epochs_done() < e.training.epochs)
    progress.line(str("validation: no better model for ", e.training.validation.patience, " epochs"));
  results.timing.train_step_us = train_step_us(training);
  // where nothing was left to train
  const double eval_seconds =
      steps.eval_seconds() > 0 ? steps.eval_seconds() : test_losses(e, 1, false, epoch_rows(e)).seconds;
  results.timing.eval_step_us = eval_step_us(e, eval_seconds, epoch_rows(e));
  results.timing.total_s = watch.seconds();
  const std::vector<NotMade> problems = write_results(e, results, folder, progress, run.features);
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

namespace {

// What a rank computes on, besides its processor: ranks of different cards would compute other bits.
std::string name_of_device() {
  return default_device() == Device::cpu ? name_of(Device::cpu) : cards().at(size_t(card_in_use())).name;
}

// The settings of a run. The bits of a run depend on its blocks: under mpirun it has some, and a resumed one has as many as before.
Config config_of(const TrainOptions& o, std::filesystem::path& out) {
  constexpr int64_t blocks_of_ranks = 4;  // each more costs: docs/parallel.md
  std::vector<std::string> settings = o.settings;
  if (o.seed) settings.push_back(str("seed=", *o.seed));
  const Config config = Config::read(o.config, settings);
  out = o.out.empty() ? std::filesystem::path("outputs") / config.get<std::string>("name")
                      : std::filesystem::path(o.out);
  if (!config.has("training") || !config.section("training").has("blocks")) {
    Json blocks = begun_as_rank() ? blocks_of_ranks : 0;
    if (o.resume && std::filesystem::exists(out / "config.json"))
      blocks = settings_of_run(out / "config.json").value(Json::json_pointer("/training/blocks"), blocks);
    if (blocks != 0) settings.push_back("training.blocks=" + blocks.dump());
  }
  // Again, because the resolved file is in the order in which settings are asked for.
  return Config::read(o.config, settings);
}

}  // namespace

void train(const TrainOptions& o) {
  const Stopwatch watch;
  const std::unique_ptr<Ranks> ranks = ranks_of_mpirun();
  take_card(*ranks);
  std::optional<Prepared> run;
  on_all_ranks(*ranks, [&] {
    set_threads(o.threads ? o.threads : threads_of_rank(*ranks));
    set_check_nan(o.check_nan);
    check_environment();
    if (!(o.checkpoint_seconds >= 0))
      throw Error(str("--checkpoint-seconds: must be a number from 0 on, not ", o.checkpoint_seconds));
    std::filesystem::path out;
    const Config config = config_of(o, out);
    run.emplace(config, o, out, *ranks);
  });
  const Machine m = machine();
  require_same(*ranks, "the program, its configuration, or what it computes on,",
               str(m.version, m.isa, name_of_device(), run->experiment.resolved));
  try {
    if (ranks->rank() > 0)
      follow(*ranks, *run->training);
    else
      train_in(*run, o, *ranks, watch);
  } catch (const Diverged& problem) {
    if (!run->folder) throw ReportedElsewhere(2);
    run->folder->log(str("diverged: ", problem.what()));
    if (!o.found.empty())
      throw Error(str(problem.what(), "; to begin again with a lower rate, set it in the sweep and remove ",
                      run->folder->name().string()));
    throw Error(str(problem.what(),
                    "; the last finite state is kept: --resume --set "
                    "training.schedule.learning_rate=... continues from it"));
  } catch (const Interrupted&) { throw; } catch (const Incomplete&) {
    throw;
  } catch (const ReportedElsewhere&) { throw; } catch (const Error& problem) {
    if (!run->folder) throw;
    throw Error(run->folder->in_words(problem.what()));
  }
}

}  // namespace elbow
