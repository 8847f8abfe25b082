// The elbow program: reads the command line, runs the command, and turns an error into one line and exit status 2.
#include <fcntl.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <stdexcept>

#include "base/child_process.hpp"
#include "base/interrupt.hpp"
#include "base/machine.hpp"
#include "base/plain_text.hpp"
#include "experiments/analyses/analysis.hpp"
#include "experiments/bench/gemm.hpp"
#include "experiments/bench/ops.hpp"
#include "experiments/bench/step.hpp"
#include "experiments/program/arguments.hpp"
#include "experiments/program/commands/features.hpp"
#include "experiments/program/commands/register.hpp"
#include "experiments/program/commands/story.hpp"
#include "experiments/program/commands/table_commands.hpp"
#include "experiments/program/info.hpp"
#include "experiments/runs/analyse.hpp"
#include "experiments/runs/compare/compare.hpp"
#include "experiments/runs/page.hpp"
#include "experiments/runs/sweep.hpp"
#include "experiments/runs/train.hpp"

namespace {

using namespace elbow;

void add_train(Command app) {
  Command command = app.command("train", "Train the model that a configuration file describes");
  auto o = std::make_shared<TrainOptions>();
  command.option("config", o->config, "Configuration file (JSON; see docs/configuration.md)").required();
  command.option("--out", o->out, "Folder for the results; by default outputs/NAME").not_empty();
  command.settings(o->settings);
  command.option("--seed", o->seed, "Seed of all random numbers, instead of the file's").whole_number();
  command.threads(o->threads);
  command.device();
  const Option resume = command.flag("--resume", o->resume, "Go on from the folder's last checkpoint");
  const Option force =
      command.flag("--force", o->force, "Start over in a folder that holds an earlier run").excludes(resume);
  command.flag("--keep", o->keep, "Keep an earlier run in the folder as FOLDER.1, FOLDER.2, ...")
      .excludes(resume)
      .excludes(force);
  command.option("--checkpoint-seconds", o->checkpoint_seconds, "Longest time between two checkpoints")
      .shows_default();
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.flag("--check-nan", o->check_nan,
               "Stop at the first op that makes a NaN or an infinity, and name it");
  command.runs([o] { train(*o); });
}

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
                     "Change a setting of the run: path.to.key=value (may be repeated); wants --out");
    command.threads(o->threads);
    command.device();
    command.runs([o] { analyse(*o); });
  }
}

void add_bench(Command app) {
  Command bench = app.command("bench", "Time the kernels and the training step").requires_command();
  Command gemm = bench.command("gemm", "The matrix product against OpenBLAS and the peak of the machine");
  auto g = std::make_shared<BenchGemmOptions>();
  gemm.option("--threads", g->threads, "Number of threads").shows_default();
  gemm.flag("--float64", g->float64, "In double precision");
  gemm.flag("--json", g->json, "One JSON object per line");
  gemm.runs([g] {
    set_threads(g->threads);
    bench_gemm(*g, std::cout);
  });
  Command ops = bench.command("ops", "Each op of the registry, forward and backward");
  auto p = std::make_shared<BenchOpsOptions>();
  ops.option("op", p->only, "Only this one");
  ops.option("--threads", p->threads, "Number of threads").shows_default();
  ops.flag("--float64", p->float64, "In double precision");
  ops.flag("--json", p->json, "One JSON object per line");
  ops.runs([p] {
    set_threads(p->threads);
    bench_ops(*p, std::cout);
  });
  Command step = bench.command("step", "The training step of a configuration, part by part");
  auto s = std::make_shared<BenchStepOptions>();
  step.option("config", s->config, "Configuration file").required();
  step.option("--threads", s->threads, "Number of threads").shows_default();
  step.settings(s->settings);
  step.device();
  step.option("--steps", s->steps, "Steps in each repeat").positive().shows_default();
  step.option("--models", s->models, "So many models at once, on a GPU").between(1, 4096).shows_default();
  step.option("--repeats", s->repeats, "Repeats, whose median is told").positive().shows_default();
  step.flag("--json", s->json, "One JSON object");
  step.runs([s] { bench_step(*s, std::cout); });
}

void add_page(Command app) {
  Command command = app.command("page", "One page that shows the results and figures of several runs");
  auto o = std::make_shared<PageOptions>();
  command.option("runs", o->runs, "Folders of finished runs").required();
  command.option("--out", o->out, "The HTML file; figures are linked from their folders").required();
  command.option("--title", o->title, "Its title").shows_default();
  command.flag("--force", o->force, "Write over an existing file");
  command.runs([o] { write_page(*o); });
}

void add_compare(Command app) {
  Command command = app.command("compare", "Tables and figures of finished runs, side by side");
  auto o = std::make_shared<CompareOptions>();
  command.option("runs", o->runs, "Folders of finished runs").required();
  command.option("--out", o->out, "Folder for the comparison").shows_default();
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.runs([o] { compare(*o); });
}

void add_sweep(Command app) {
  Command command = app.command("sweep", "Train one configuration under many settings and compare the runs");
  auto o = std::make_shared<SweepOptions>();
  command.option("sweep", o->file, "Sweep file (JSON; see docs/sweeps.md)").required();
  command.option("--out", o->out, "Folder for the runs; by default outputs/NAME");
  command.settings(o->settings, "Change a setting of all runs: path.to.key=value (may be repeated)");
  command.option("--jobs", o->jobs, "Runs at once; 0 = as many as there are cores for").shows_default();
  command.option("--threads", o->threads, "Number of threads of each run").shows_default();
  command.device();
  command.flag("--dry-run", o->dry_run, "Only list the runs");
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.runs([o] { sweep(*o); });
}

void add_table_options(Command& command, SchemaOptions& o) {
  command.option("table", o.table, "CSV or TSV file, plain or gzipped").required();
  command.option("--separator", o.separator,
                 "Between two fields: a character, tab or blank; by default found out");
  const Option header =
      command.flag("--header", o.header, "The first line names the columns; by default found out");
  command.flag("--no-header", o.no_header, "The first line is a row").excludes(header);
  command.flag("--dates", o.dates, "Take columns of dates as numbers of days");
}

void add_schema(Command app) {
  Command command = app.command("schema", "Guess the schema of a text table, to start from");
  auto o = std::make_shared<SchemaOptions>();
  add_table_options(command, *o);
  command.option("--out", o->out, "File for the schema; by default the terminal");
  command.flag("--force", o->force, "Write over an existing file");
  command.runs([o] { write_schema(*o); });
}

void add_describe(Command app) {
  Command command =
      app.command("describe", "What the columns of a text table hold, and what they are taken for");
  auto o = std::make_shared<SchemaOptions>();
  add_table_options(command, *o);
  command.runs([o] { describe_table(*o); });
}

void add_write_table(Command app) {
  Command command =
      app.command("write-table", "Write the training rows of a configuration as CSV, with a schema");
  auto o = std::make_shared<WriteTableOptions>();
  command.option("config", o->config, "Configuration file").required();
  command.option("--out", o->out, "The CSV file, FILE.csv; FILE.schema.json goes beside it").required();
  command.settings(o->settings);
  command.flag("--force", o->force, "Write over existing files");
  command.option("--digits", o->digits, "Most significant digits of a number").between(1, 17);
  command.runs([o] { write_table(*o); });
}

void add_info(Command app) {
  Command command = app.command("info", "Version, instruction set, threads, BLAS, CUDA");
  auto json = std::make_shared<bool>(false);
  command.flag("--json", *json, "As one JSON object");
  command.runs([json] { info(*json, std::cout); });
}

}  // namespace

int main(int argc, char** argv) {
  // Files that are opened later must not take the place of a closed output; what is written there fails as before.
  for (int standard : {0, 1, 2})
    if (fcntl(standard, F_GETFD) < 0) open("/dev/null", O_RDONLY);
  end_with_parent();
  CommandLine app("elbow", "Conditional variational autoencoders on a from-scratch autodiff framework",
                  machine().version);
  add_train(app);
  add_run_commands(app);
  add_analyses(app);
  add_page(app);
  add_schema(app);
  add_describe(app);
  add_write_table(app);
  add_bench(app);
  add_compare(app);
  add_sweep(app);
  add_features(app);
  add_story(app);
  add_info(app);
  const auto refuse = [](const std::string& message, int status = 2) {
    std::cerr << "elbow: " << plain_text(message)
              << '\n';  // names from files may hold anything: one line all the same
    return status;
  };
  constexpr auto too_large = "out of memory: the data or the model are too large for this machine";
  try {
    app.run(argc, argv);
    if (!(std::cout << std::flush)) return refuse("standard output cannot be written");
  } catch (const Interrupted& error) {
    return refuse(error.what(), 128 + error.signal);
  } catch (const Incomplete& error) {
    return refuse(error.what(), Incomplete::status);
  } catch (const std::filesystem::filesystem_error& error) {
    return refuse(error.path1().string() + ": " + error.code().message());
  } catch (const std::bad_alloc&) {
    return refuse(too_large);
  } catch (const std::length_error&) {  // of a list that no memory could hold
    return refuse(too_large);
  } catch (const std::exception& error) { return refuse(error.what()); }
}
