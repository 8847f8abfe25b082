#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/machine.hpp"
#include "base/stopwatch.hpp"
#include "base/text.hpp"
#include "cvae/training.hpp"
#include "data/csv.hpp"
#include "data/table_file.hpp"
#include "experiments/analyses/imputation_benchmark.hpp"
#include "experiments/program/commands/commands.hpp"
#include "experiments/program/rows/imputation.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/table_recipe.hpp"

namespace elbow {
namespace {

struct BenchmarkOptions {
  std::string table, schema, config, hidden, out, mechanism = "mcar";
  double missing = 0.5, test_fraction = 0;
  uint64_t seed = 1;
  int64_t draws = 100;
  std::vector<std::string> settings, methods, baselines = {"mean", "em", "knn", "oracle"};
  int threads = 0;
  bool force = false, quiet = false;
};

TableSchema read_schema_file(const std::string& file) {
  const Config config = Config::read(file);
  TableSchema schema = read_schema(config, file, "");
  config.done();
  return schema;
}

// Runs f and puts the option before whatever it complains about.
template <class F> auto naming_option(const std::string& option, F f) {
  try {
    return f();
  } catch (const Error& e) { throw Error(option + ": " + e.what()); }
}

Dataset dataset_of_rows(const RowSet& set, const ImputationTask& task) {
  Dataset out;
  out.name = "table";
  out.x = Rows(set.data.x);
  out.features = task.codec->features();
  out.observed = set.data.observed;
  out.codec = task.codec;
  return out;
}

// The settings of the experiment that trains on the rows with their holes.
Config config_of(const BenchmarkOptions& o) {
  Json json = o.config.empty() ? table_recipe() : read_json(o.config);
  json["name"] = "impute-benchmark";
  json["seed"] = o.seed;
  json["data"] = {{"source", "table"}, {"path", o.table}, {"schema", o.schema}};
  json.erase("$schema");
  return Config::changed(json, o.config, o.settings);
}

std::unique_ptr<Experiment> experiment_of(const BenchmarkOptions& o, const Config& config,
                                          const ImputationTask& task) {
  const auto data = [&](const Config& settings, uint64_t) {
    const Config section = settings.section("data");
    for (const char* key : {"source", "path", "schema"}) section.get<std::string>(key);
    DataSplit split{dataset_of_rows(task.training(), task), dataset_of_rows(task.sets.back(), task), {}};
    hold_out(split, held_out_by(settings), o.seed);
    return split;
  };
  auto e = std::make_unique<Experiment>(config, data);
  if (!e->condition.by_columns())
    throw Error("condition.kind: must be columns: other models cannot impute some columns from others");
  return e;
}

// The rows first, first + 1, ... of a set as a batch.
Batch batch_of(const RowSet& set, int64_t first, int64_t rows) {
  const auto part = [&](const Tensor& t) { return Rows(t).range(first, rows); };
  Batch batch;
  batch.x = part(set.data.x), batch.observed = part(set.data.observed);
  batch.input = encoder_input(batch.x, batch.observed);
  return batch;
}

// Trains a model and fills the table with it: hidden entries with means over draws, and scores of single draws.
ImputedTable impute_by_model(const BenchmarkOptions& o, const Config& config, const ImputationTask& task,
                             std::string& resolved) {
  constexpr int64_t rows_together = 512, most_draws_of_mean = 64;
  const Stopwatch watch;
  const auto e = experiment_of(o, config, task);
  resolved = e->resolved;
  for (const std::string& warning : e->warnings) std::cerr << plain_text("note: " + warning) << '\n';
  Training training(*e);
  while (!training.is_done()) {
    training.epoch([](int64_t) {});
    if (!o.quiet && (training.epochs_done() * 10) % e->training.epochs < 10)
      std::cerr << "trained " << training.epochs_done() << " of " << e->training.epochs << " epochs, "
                << fixed(training.train_seconds(), 1) << " s\n";
  }
  training.best().restore();
  if (!o.quiet && training.best().epoch() > 0)
    std::cerr << "the model after " << training.best().epoch() << " epochs is the best on "
              << e->data.validation.rows() << " validation rows, and is kept\n";
  e->model->train(false);
  e->model->require_finite("the trained model");
  ImputedTable table = unfilled(task, "elbow");
  for (const RowSet& set : task.sets) {
    const int64_t rows = int64_t(set.index.size());
    Tensor x = Tensor::zeros(set.data.x.shape());
    for (int64_t first = 0, number = 0; first < rows; first += rows_together, ++number) {
      const Batch batch = batch_of(set, first, std::min(rows_together, rows - first));
      const Imputation mean =
          impute(*e, *task.codec, {most_draws_of_mean, false, false, o.seed}, batch, uint64_t(number));
      std::copy(mean.mean.begin(), mean.mean.end(), x.data<float>() + first * x.size(1));
      const Imputation draws = impute(*e, *task.codec, {o.draws, true, true, o.seed}, batch, uint64_t(number));
      score_draws(table, task, set, first, draws.draws);
    }
    fill(table, task, set, x);
  }
  table.seconds = watch.seconds();
  return table;
}

std::vector<std::string> names_of(const ImputationTask& task) {
  std::vector<std::string> names;
  for (const TextColumn& c : task.truth.columns) names.push_back(c.schema.name);
  return names;
}

// A line for each method and set of rows; the seconds of a method that was only read are "-".
void print(const std::vector<ImputedTable>& tables, const ImputationTask& task) {
  std::vector<std::vector<std::string>> lines = {
      {"method", "rows", "NRMSE", "MAE", "PFC", "coverage", "CRPS", "seconds"}};
  for (const ImputedTable& t : tables)
    for (const ImputationScore& s : scores_of(t, task))
      if (s.column == "all")
        lines.push_back({t.method, s.rows, fixed(s.nrmse, 4), fixed(s.mae, 4), fixed(s.pfc, 4),
                         fixed(s.coverage, 3), fixed(s.crps, 4), t.seconds > 0 ? fixed(t.seconds, 1) : "-"});
  std::vector<size_t> widths(lines[0].size(), 0);
  for (const auto& line : lines)
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string blanks(widths[i] - line[i].size(), ' ');
      std::cout << (i == 0 ? "" : "  ") << (i < 2 ? line[i] + blanks : blanks + line[i]);
    }
    std::cout << '\n';
  }
}

// scores.csv, hidden.csv (1: hidden), holes.csv and filled.csv (the table without the hidden entries, and as the model fills it), config.json.
void write_files(const BenchmarkOptions& o, const std::vector<ImputedTable>& tables, const ImputationTask& task,
                 const std::string& resolved) {
  const std::filesystem::path folder = o.out;
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw Error("--out: " + o.out + ": " + problem.message());
  CsvTable scores({"method", "rows", "column", "NRMSE", "MAE", "PFC", "coverage", "CRPS"});
  for (const ImputedTable& t : tables)
    for (const ImputationScore& s : scores_of(t, task))
      scores.add({t.method, s.rows, s.column, s.nrmse, s.mae, s.pfc, s.coverage, s.crps});
  scores.write(folder / "scores.csv");
  const std::vector<std::string> names = names_of(task);
  const char separator = task.codec->format().separator;
  std::string mask = record_text(names), holes, filled;
  if (task.codec->format().header) holes = filled = record_text(names, separator);
  const ImputedTable empty = unfilled(task, "");
  for (int64_t r = 0; r < task.truth.rows; ++r) {
    std::vector<std::string> line;
    for (size_t c = 0; c < names.size(); ++c) line.emplace_back(task.hidden.at(r, int64_t(c)) ? "1" : "0");
    mask += record_text(line);
    holes += record_text(filled_row(empty, task, r), separator);
    filled += record_text(filled_row(tables.front(), task, r), separator);
  }
  write_file_atomically(folder / "hidden.csv", mask);
  write_file_atomically(folder / "holes.csv", holes);
  write_file_atomically(folder / "filled.csv", filled);
  write_file_atomically(folder / "config.json", resolved);
}

void check_output_folder(const BenchmarkOptions& o) {
  if (o.out.empty()) return;
  if (std::filesystem::exists(o.out) && !std::filesystem::is_directory(o.out))
    throw Error("--out: " + o.out + ": is not a folder");
  if (std::filesystem::is_directory(o.out) && !std::filesystem::is_empty(o.out) && !o.force)
    throw Error("--out: " + o.out + ": exists already and is not empty (--force writes into it)");
}

void benchmark(const BenchmarkOptions& o) {
  set_threads(o.threads);
  TableSchema schema = read_schema_file(o.schema);
  TableColumns truth = read_text_table(o.table, schema);
  schema.format.names = truth.names_are_places ? truth.names : std::vector<std::string>();
  if (!(o.test_fraction >= 0 && o.test_fraction < 1))
    throw Error(str("--test-fraction: must be at least 0 and below 1, not ", o.test_fraction));
  const Mechanism mechanism = naming_option("--mechanism", [&] { return mechanism_named(o.mechanism); });
  HiddenEntries hidden = naming_option(o.hidden.empty() ? "--missing" : "--hidden", [&] {
    return o.hidden.empty() ? hide_entries(truth, mechanism, o.missing, o.seed)
                            : read_hidden_entries(o.hidden, truth);
  });
  std::vector<std::string> notes = truth.notes;
  const Config config = config_of(o);
  const HeldOut validation = held_out_by(config);
  const ImputationTask task = [&] {
    try {
      return imputation_task(std::move(truth), std::move(hidden), schema.format, o.test_fraction, validation,
                             o.seed, notes);
    } catch (const Error& e) { throw Error(o.table + ": " + e.what()); }
  }();
  for (const std::string& note : notes) std::cerr << plain_text("note: " + note) << '\n';
  std::vector<ImputedTable> others;  // read before the training: their errors come at once
  for (const std::string& method : o.methods) {
    const size_t equals = method.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw Error("--method: must be NAME=FILE, not " + quoted(method));
    others.push_back(naming_option("--method " + method.substr(0, equals), [&] {
      return read_imputed(method.substr(0, equals), method.substr(equals + 1), schema, task);
    }));
  }
  for (const std::string& name : o.baselines)
    if (const std::vector<std::string> known = {"mean", "em", "knn", "oracle", "none"};
        std::ranges::find(known, name) == known.end())
      throw Error("--baselines: " + quoted(name) + " is none of " + quoted_list(known));
  check_output_folder(o);

  std::string resolved;
  std::vector<ImputedTable> tables = {impute_by_model(o, config, task, resolved)};
  for (const std::string& name : o.baselines)
    if (name != "none") tables.push_back(baseline(name, task));
  tables.insert(tables.end(), others.begin(), others.end());
  if (!o.out.empty()) write_files(o, tables, task, resolved);
  std::cout << task.truth.rows << " rows of " << task.truth.columns.size() << " columns, "
            << task.hidden.count() << " entries hidden\n";
  print(tables, task);
}

}  // namespace

void add_impute_benchmark(Command app) {
  Command command =
      app.command("impute-benchmark", "Hide entries of a table, impute them, and say how well that went");
  command.footer(
      "Trains a model on what is left, as experiments/table.json does, and fills the hidden entries: numbers "
      "with the mean over draws, categories "
      "with the likeliest. NRMSE is the root mean square error in standard deviations of the column, PFC the "
      "share of categories that are wrong; "
      "coverage is that of 90% intervals; all are means over columns. oracle is no method: em, had it seen the "
      "answers.");
  auto o = std::make_shared<BenchmarkOptions>();
  command.option("table", o->table, "The table; entries may be missing").required();
  command.option("--schema", o->schema, "Its schema (`elbow schema` writes one to start from)").required();
  command.option("--mechanism", o->mechanism, "Why entries are missing: mcar, mar or mnar").shows_default();
  command.option("--missing", o->missing, "Share of the entries that are hidden").shows_default();
  command.option("--seed", o->seed, "Seed of what is hidden, and of the training")
      .whole_number()
      .shows_default();
  command.option("--hidden", o->hidden, "Read what is hidden from a CSV of 0 and 1 instead");
  command
      .option("--test-fraction", o->test_fraction,
              "Share of the rows that are held out, and scored by themselves")
      .shows_default();
  command.option("--config", o->config, "Configuration of the training, but for its data");
  command.settings(o->settings);
  command.option("--draws", o->draws, "Draws of each entry for intervals and CRPS")
      .between(2, 10000)
      .shows_default();
  command.option("--baselines", o->baselines, "Which of mean, em, knn, oracle to compare with; or none")
      .delimiter(',')
      .one_each();
  command.option("--method", o->methods, "NAME=FILE: a table that another program has filled (may be repeated)")
      .one_each();
  command.option("--out", o->out, "Folder for scores.csv, hidden.csv, holes.csv, filled.csv and config.json");
  command.flag("--force", o->force, "Write into a folder that holds something");
  command.flag("--quiet", o->quiet, "Do not say how far the training has come");
  command.threads(o->threads);
  command.runs([o] { benchmark(*o); });
}

}  // namespace elbow
