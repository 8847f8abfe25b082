// The elbow program: reads the command line, runs the command, and turns an error into one line and exit status 2.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>

#include "autograd/error.hpp"
#include "experiments/analyse.hpp"
#include "experiments/analysis.hpp"
#include "experiments/bench/gemm.hpp"
#include "experiments/bench/ops.hpp"
#include "experiments/bench/step.hpp"
#include "experiments/commands/features.hpp"
#include "experiments/commands/options.hpp"
#include "experiments/commands/register.hpp"
#include "experiments/compare/compare.hpp"
#include "experiments/machine.hpp"
#include "experiments/page.hpp"
#include "experiments/story/story.hpp"
#include "experiments/sweep.hpp"
#include "experiments/table_commands.hpp"
#include "experiments/train.hpp"

namespace {

using namespace elbow;

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "Train the model that a configuration file describes");
  auto o = std::make_shared<TrainOptions>();
  command->add_option("config", o->config, "Configuration file (JSON; see docs/configuration.md)")->required();
  const CLI::Validator not_empty(
      [](std::string& text) { return std::string(text.empty() ? "must not be empty" : ""); }, "");
  command->add_option("--out", o->out, "Folder for the results; by default outputs/NAME")->check(not_empty);
  add_settings_option(command, o->settings);
  command->add_option("--seed", o->seed, "Seed of all random numbers, instead of the file's")
      ->check(whole_number());
  add_threads_option(command, o->threads);
  command->add_option("--device", o->device, "Where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  auto* resume = command->add_flag("--resume", o->resume, "Go on from the folder's last checkpoint");
  command->add_flag("--force", o->force, "Start over in a folder that holds an earlier run")->excludes(resume);
  command->add_flag("--quiet", o->quiet, "Print nothing but errors");
  command->add_flag("--check-nan", o->check_nan,
                    "Stop at the first op that makes a NaN or an infinity, and name it");
  command->callback([o] { train(*o); });
}

// One sub-command for each analysis.
void add_analyses(CLI::App& app) {
  for (const Analysis& analysis : analyses()) {
    CLI::App* command = app.add_subcommand(analysis.name, analysis.doc);
    auto o = std::make_shared<AnalyseOptions>();
    o->analysis = analysis.name;
    command->add_option("run", o->run, "Folder of a finished run")->required();
    command->add_option("--out", o->out, "Folder for tables and figures; by default the run's own");
    add_settings_option(command, o->settings,
                        "Change a setting of the run: path.to.key=value (may be repeated); wants --out");
    add_threads_option(command, o->threads);
    command->callback([o] { analyse(*o); });
  }
}

void add_bench(CLI::App& app) {
  CLI::App* bench =
      app.add_subcommand("bench", "Time the kernels and the training step")->require_subcommand(1);
  CLI::App* gemm =
      bench->add_subcommand("gemm", "The matrix product against OpenBLAS and the peak of the machine");
  auto g = std::make_shared<BenchGemmOptions>();
  gemm->add_option("--threads", g->threads, "Number of threads")->capture_default_str();
  gemm->add_flag("--float64", g->float64, "In double precision");
  gemm->add_flag("--json", g->json, "One JSON object per line");
  gemm->callback([g] {
    set_threads(g->threads);
    bench_gemm(*g, std::cout);
  });
  CLI::App* ops = bench->add_subcommand("ops", "Each op of the registry, forward and backward");
  auto p = std::make_shared<BenchOpsOptions>();
  ops->add_option("op", p->only, "Only this one");
  ops->add_option("--threads", p->threads, "Number of threads")->capture_default_str();
  ops->add_flag("--float64", p->float64, "In double precision");
  ops->add_flag("--json", p->json, "One JSON object per line");
  ops->callback([p] {
    set_threads(p->threads);
    bench_ops(*p, std::cout);
  });
  CLI::App* step = bench->add_subcommand("step", "The training step of a configuration, part by part");
  auto s = std::make_shared<BenchStepOptions>();
  step->add_option("config", s->config, "Configuration file")->required();
  step->add_option("--threads", s->threads, "Number of threads")->capture_default_str();
  add_settings_option(step, s->settings);
  step->add_option("--steps", s->steps, "Steps in each repeat")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  step->add_option("--repeats", s->repeats, "Repeats, whose median is told")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  step->add_flag("--json", s->json, "One JSON object");
  step->callback([s] { bench_step(*s, std::cout); });
}

void add_page(CLI::App& app) {
  CLI::App* command = app.add_subcommand("page", "One page that shows the results and figures of several runs");
  auto o = std::make_shared<PageOptions>();
  command->add_option("runs", o->runs, "Folders of finished runs")->required();
  command->add_option("--out", o->out, "The HTML file; figures are linked from their folders")->required();
  command->add_option("--title", o->title, "Its title")->capture_default_str();
  command->callback([o] { write_page(*o); });
}

void add_compare(CLI::App& app) {
  CLI::App* command = app.add_subcommand("compare", "Tables and figures of finished runs, side by side");
  auto o = std::make_shared<CompareOptions>();
  command->add_option("runs", o->runs, "Folders of finished runs")->required();
  command->add_option("--out", o->out, "Folder for the comparison")->capture_default_str();
  command->add_flag("--quiet", o->quiet, "Print nothing but errors");
  command->callback([o] { compare(*o); });
}

void add_sweep(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("sweep", "Train one configuration under many settings and compare the runs");
  auto o = std::make_shared<SweepOptions>();
  command->add_option("sweep", o->file, "Sweep file (JSON; see docs/sweeps.md)")->required();
  command->add_option("--out", o->out, "Folder for the runs; by default outputs/NAME");
  add_settings_option(command, o->settings,
                      "Change a setting of all runs: path.to.key=value (may be repeated)");
  command->add_option("--jobs", o->jobs, "Runs at once; 0 = as many as there are cores for")
      ->capture_default_str();
  command->add_option("--threads", o->threads, "Number of threads of each run")->capture_default_str();
  command->add_flag("--dry-run", o->dry_run, "Only list the runs");
  command->add_flag("--quiet", o->quiet, "Print nothing but errors");
  command->callback([o] { sweep(*o); });
}

void add_schema(CLI::App& app) {
  CLI::App* command = app.add_subcommand("schema", "Guess the schema of a text table, to start from");
  auto o = std::make_shared<SchemaOptions>();
  command->add_option("table", o->table, "CSV or TSV file with a header")->required();
  command->add_option("--separator", o->separator,
                      "Between two fields: a character, or tab; by default found out");
  command->add_option("--out", o->out, "New file for the schema; by default the terminal");
  command->callback([o] { write_schema(*o); });
}

void add_write_table(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("write-table", "Write the training rows of a configuration as CSV, with a schema");
  auto o = std::make_shared<WriteTableOptions>();
  command->add_option("config", o->config, "Configuration file")->required();
  command->add_option("--out", o->out, "The CSV file, FILE.csv; FILE.schema.json goes beside it")->required();
  add_settings_option(command, o->settings);
  command->add_flag("--force", o->force, "Write over existing files");
  command->add_option("--digits", o->digits, "Most significant digits of a number")->check(CLI::Range(1, 17));
  command->callback([o] { write_table(*o); });
}

void add_info(CLI::App& app) {
  CLI::App* command = app.add_subcommand("info", "Version, instruction set, threads, BLAS, CUDA");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "As one JSON object");
  command->callback([json] {
    const Machine m = machine();
    const nlohmann::ordered_json facts = {
        {"version", m.version}, {"compiler", m.compiler}, {"build", m.build},         {"isa", m.isa},
        {"threads", m.threads}, {"blas", m.blas},         {"blas_core", m.blas_core}, {"cuda", m.cuda}};
    if (*json)
      std::cout << facts.dump(2) << '\n';
    else
      for (const auto& [key, value] : facts.items())
        std::cout << key << ": " << (value.is_string() ? value.get<std::string>() : value.dump()) << '\n';
  });
}

// A command that does not exist is named; the parser would only say that one is required.
std::string explained(const CLI::App& app, int argc, char** argv, const std::string& message) {
  if (argc < 2 || argv[1][0] == '-') return message;
  std::string known;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == argv[1]) return message;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  return "there is no command " + std::string(argv[1]) + "; there are " + known;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Conditional variational autoencoders on a from-scratch autodiff framework", "elbow");
  app.set_version_flag("--version", machine().version);
  app.require_subcommand(1);
  add_train(app);
  add_run_commands(app);
  add_analyses(app);
  add_page(app);
  add_schema(app);
  add_write_table(app);
  add_bench(app);
  add_compare(app);
  add_sweep(app);
  add_features(app);
  add_story(app);
  add_info(app);
  const auto refuse = [](std::string message) {
    // names from files may hold anything; a message is one line all the same
    std::replace_if(
        message.begin(), message.end(), [](unsigned char c) { return c < ' '; }, '?');
    std::cerr << "elbow: " << message << '\n';
    return 2;
  };
  try {
    app.parse(argc, argv);
    if (!(std::cout << std::flush)) return refuse("standard output cannot be written");
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return refuse(explained(app, argc, argv, error.what()));
  } catch (const std::filesystem::filesystem_error& error) {
    return refuse(error.path1().string() + ": " + error.code().message());
  } catch (const std::bad_alloc&) {
    return refuse("out of memory: the data or the model are too large for this machine");
  } catch (const std::exception& error) { return refuse(error.what()); }
}
