// Comparing finished runs: what is read back, in what runs differ, the tables, the curve of optima, and what is left in
// the folder. The program as a whole: sweep.sh.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.hpp"
#include "cvae/experiment.hpp"
#include "data/csv.hpp"
#include "data_helpers.hpp"
#include "experiments/runs/compare/compare.hpp"
#include "experiments/runs/compare/comparison.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/results_files.hpp"

namespace fs = std::filesystem;
namespace tt = boost::test_tools;
using namespace elbow;
using namespace elbow::test;

namespace {

/// The configuration of a run on unit Gaussians, with all defaults filled in.
Json config_of(const std::vector<std::string>& settings) {
  Json config =
      parse_json(R"({"name": "test", "data": {"source": "independent_gaussian", "columns": 2, "train_rows": 64,
    "test_rows": 64}, "model": {"encoder": [4], "decoder": [4], "latents": 3}, "training": {"epochs": 2}})",
                 "test");
  for (const std::string& setting : settings) set_setting(config, setting);
  return Json::parse(Experiment(Config(config)).resolved);
}

/// Leaves the files of a finished run in a folder: its loss is `excess` above the optimum, where there is one.
void write_run(const fs::path& folder, const std::vector<std::string>& settings, double excess = 0.01,
               bool fid = false) {
  fs::create_directories(folder);
  const Json config = config_of(settings);
  const Experiment e{Config(config)};
  const double d = double(e.data.train.columns());
  RunResults run;
  run.name = e.name, run.seed = e.seed, run.beta = e.loss.beta;
  run.timing = {100, 50, 3.5};
  AverageOptimum bound{{{d / 2, d / 2, 0}, 0}};  // of beta = 0: as good as any
  if (e.optimum) {
    run.test.optimum = bound = e.optimum->average();
    run.test.excess = Estimate{excess, 0.001};
  }
  run.train = {{bound.loss + excess, 0.01}, {bound.distortion + excess, 0.01}, {bound.kl, 0.01}};
  static_cast<Losses&>(run.test) = run.train;
  run.test.rows = 64;
  for (int64_t epoch = 1; epoch <= e.training.epochs; ++epoch)
    run.epochs.push_back({epoch, run.train, run.train});
  for (int64_t given = 0; given <= int64_t(d); ++given) {
    CountResult count;
    count.given = given, count.rows = given == 1 ? 32 : 16, count.active = d - double(given);
    count.loss = {0.3 * (d - double(given)), 0.05};
    count.distortion = {0.1 * (d - double(given)), 0.03}, count.kl = {0.2 * (d - double(given)), 0.04};
    count.kl_per_latent = {0.5, 0.25, 0};
    if (e.optimum) count.optimum = e.optimum->at_count(given);
    run.per_count.push_back(count);
  }
  if (fid) run.findings.frechet.points = {{0, -1, {0.75, 0.1}, 0.5}, {2, 1, {0.25, 0.1}, no_number}};
  write_bytes(folder / "config.json", config.dump(2));
  write_bytes(folder / "summary.json", summary_json(e, run));
  write_tables(run, e.evaluation.original_tables, folder);
}

Comparison comparison_of(const fs::path& folder, const std::vector<std::vector<std::string>>& runs) {
  std::vector<FinishedRun> runs_read;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    write_run(folder / str("run", i), runs[i], 0.01 * double(i + 1));
    runs_read.push_back(read_finished_run(folder / str("run", i)));
  }
  return make_comparison(std::move(runs_read));
}

CompareOptions options(const fs::path& folder, const std::vector<std::string>& runs) {
  CompareOptions o;
  for (const std::string& run : runs) o.runs.push_back((folder / run).string());
  o.out = (folder / "out").string();
  o.quiet = true;
  return o;
}

std::size_t files_in(const fs::path& folder) {
  return std::size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(number_tables) {
  const TemporaryFolder folder;
  const auto file = folder.path / "t.csv";
  write_bytes(file, "a,b\r\n1,2.5e-3\r\n,-inf\n");
  const NumberTable t = NumberTable::read(file);
  BOOST_TEST(t.rows() == 2u);
  BOOST_TEST(t.column("a")[0] == 1);
  BOOST_TEST(std::isnan(t.column("a")[1]));
  BOOST_TEST(t.column("b")[0] == 0.0025);
  BOOST_TEST(t.column("b")[1] == -std::numeric_limits<double>::infinity());
  BOOST_TEST(std::isnan(t.column_or_nan("c")[0]));
  BOOST_TEST(error_of([&] { t.column("c"); }) == file.string() + ": there is no column c");

  const auto error = [&](const std::string& text) {
    write_bytes(file, text);
    return error_of([&] { NumberTable::read(file); });
  };
  BOOST_TEST(contains(error(""), file.string()));
  BOOST_TEST(error("a,b\n1,2\n1,2,3\n") == file.string() + ":3: has 3 fields, not 2");
  BOOST_TEST(error("a,b\n1,x\n") == file.string() + ":2: \"x\" is not a number");
  BOOST_TEST(error("a,b\n1,2 3\n") == file.string() + ":2: \"2 3\" is not a number");
}

BOOST_AUTO_TEST_CASE(a_run_is_read_back) {
  const TemporaryFolder folder;
  write_run(folder.path / "run", {"loss.beta=0.5", "seed=7"}, 0.02, true);
  const FinishedRun run = read_finished_run(folder.path / "run" / "");
  BOOST_TEST(run.label == "run");
  BOOST_TEST(run.seed == 7u);
  BOOST_TEST(run.beta == 0.5);
  const double optimum = 0.25 * (1 + std::log(4.0));  // of one column that is withheld
  BOOST_TEST(run.test.optimum->loss == optimum, tt::tolerance(1e-12));
  BOOST_TEST(run.test.loss.mean == optimum + 0.02, tt::tolerance(1e-12));
  BOOST_TEST(run.test.loss.standard_error == 0.01);
  BOOST_TEST(run.test.excess->mean == 0.02);
  BOOST_TEST(run.epochs.size() == 2u);
  BOOST_TEST(run.epochs[1].epoch == 2);
  BOOST_TEST(run.epochs[1].test.loss.standard_error == 0.01);
  BOOST_TEST(run.name == "test");
  BOOST_TEST(run.per_count.at(1).kl.mean == 0.2);
  BOOST_TEST(run.per_count.at(1).loss.standard_error == 0.05);
  BOOST_TEST(run.per_count.at(1).kl_per_latent == (std::vector<double>{0.5, 0.25, 0}), tt::per_element());
  BOOST_TEST(run.per_count.at(1).optimum->kl_per_latent.size() == 2U);  // of as many columns
  BOOST_TEST(std::isnan(run.epochs[1].train.loss.standard_error));
  BOOST_TEST(run.per_count.at(1).optimum->loss == optimum, tt::tolerance(1e-12));
  BOOST_TEST(run.test.active == (16 * 2 + 32 * 1 + 0) / 64.0);
  BOOST_TEST(run.findings.frechet.at_count(0) == 0.75);
  BOOST_TEST(run.findings.frechet.at_count(2) == 0.25);
  BOOST_TEST(run.findings.frechet.points[0].optimum == 0.5);
  BOOST_TEST(run.findings.frechet.points[1].feature == 1);
}

// On curves it is known to within a gap, and without latents; the comparison has rings for it and no line.
BOOST_AUTO_TEST_CASE(the_optimum_of_a_curve_is_read_back) {
  const TemporaryFolder folder;
  const std::string moons = "data={\"source\":\"moons\",\"train_rows\":64,\"test_rows\":64}";
  const Comparison c = comparison_of(folder.path, {{moons}, {moons, "loss.beta=0.5"}});
  const AverageOptimum& all = *c.runs[0].test.optimum;
  BOOST_TEST(all.loss == (c.runs[0].beta == 1 ? 0.3718 : 0.2811), tt::tolerance(1e-3));
  BOOST_TEST(all.gap > 0);
  BOOST_TEST(all.gap < 1e-3);
  BOOST_TEST(std::isnan(all.active));
  BOOST_TEST(c.runs[0].per_count.at(0).optimum->gap > 0);
  BOOST_TEST(c.runs[0].per_count.at(0).optimum->kl_per_latent.empty());
  BOOST_TEST(c.has_optimum());
  const OptimumCurve curve = optimum_curve(c);
  BOOST_TEST(curve.points.empty());
  for (const AgainstBeta what : {AgainstBeta::loss, AgainstBeta::excess, AgainstBeta::kl, AgainstBeta::active})
    BOOST_TEST(!beta_panel(c, curve, what).series.empty());
}

// What reads it needs none of the original's tables.
BOOST_AUTO_TEST_CASE(a_run_without_the_tables_of_the_original) {
  const TemporaryFolder folder;
  write_run(folder.path / "with", {});
  write_run(folder.path / "without", {"evaluation.original_tables=false"});
  BOOST_TEST(fs::exists(folder.path / "with" / "encoding_kl_vs_rcl.csv"));
  BOOST_TEST(files_in(folder.path / "without") == 4u);
  const FinishedRun with = read_finished_run(folder.path / "with"),
                    without = read_finished_run(folder.path / "without");
  BOOST_TEST(run_table(make_comparison({with})).rows[0][1] == run_table(make_comparison({without})).rows[0][1]);
  BOOST_TEST(without.epochs.size() == 2u);
  BOOST_TEST(without.per_count.size() == 3u);
}

// A version without the findings in the summary, the losses of a count, and settings that have been added since.
BOOST_AUTO_TEST_CASE(a_run_of_an_earlier_version) {
  const TemporaryFolder folder;
  const auto run = folder.path / "run";
  write_run(run, {"loss.beta=0.5", "model.given=predict"}, 0.02, true);
  const FinishedRun now = read_finished_run(run);
  Json config = read_json(run / "config.json"), summary = read_json(run / "summary.json");
  for (const char* key : {"original_tables", "factor_rows"}) config["evaluation"].erase(key);
  config["model"].erase("given");  // all models predicted what they were given
  for (const char* key : {"analyses", "active_kl"}) summary.erase(key);
  for (Json& count : summary["per_count"])
    for (const char* key : {"loss", "loss_stderr", "distortion_stderr", "kl_stderr", "kl_per_latent"})
      count.erase(key);
  write_bytes(run / "config.json", config.dump());
  write_bytes(run / "summary.json", summary.dump());
  fs::remove(run / "results.csv");
  write_bytes(run / "fid_data.csv", "num_conds,fid\n2,0.25\n0,0.75\n");
  write_bytes(run / "selected_features.csv",
              "selected_feature_number,selected_feature_name,ELBO\n,,3\n1,x1,2\n0,\"x,0\",1\n");
  write_bytes(run / "image_scores.csv",
              "condition,images,fid,fid_stderr,weights_hash\nany/any,train,1.5,,abc\n");
  const FinishedRun then = read_finished_run(run);
  BOOST_TEST((then.config == now.config));
  BOOST_TEST((run_table(make_comparison({then})).rows == run_table(make_comparison({now})).rows));
  BOOST_TEST(std::isnan(then.per_count[1].loss.mean));
  BOOST_TEST(then.findings.frechet.points.size() == 2u);
  BOOST_TEST(then.findings.frechet.at_count(0) == 0.75);
  BOOST_TEST(then.findings.selected == (std::vector<int64_t>{1, 0}), tt::per_element());
  BOOST_TEST_REQUIRE(then.findings.image_fids.size() == 1u);
  BOOST_TEST(then.findings.image_fids[0].fid.mean == 1.5);
  BOOST_TEST(std::isnan(then.findings.image_fids[0].fid.standard_error));
  BOOST_TEST(check_same_run(run / "config.json", now.config.dump()) == "");  // --resume takes it up
  Json other = now.config;
  other["loss"]["beta"] = 0.7;
  const std::string refusal = error_of([&] { check_same_run(run / "config.json", other.dump()); });
  BOOST_TEST(refusal.find("the first that differs is loss.beta: ") != std::string::npos, refusal);

  // an analysis that runs again puts its findings into the summary, and those in tables with them
  Findings findings = read_findings(run);
  findings.selected = {0, 1};
  update_summary(run, findings);
  for (const char* table : {"fid_data.csv", "selected_features.csv", "image_scores.csv"})
    fs::remove(run / table);
  const FinishedRun updated = read_finished_run(run);
  BOOST_TEST(updated.findings.selected == (std::vector<int64_t>{0, 1}), tt::per_element());
  BOOST_TEST(updated.findings.frechet.at_count(2) == 0.25);
  BOOST_TEST(updated.findings.image_fids.size() == 1u);

  write_bytes(run / "summary.json", summary.dump());
  for (const char* wrong : {"0,1\n0,2\n", ",1\n", "0.5,1\n"}) {
    write_bytes(run / "fid_data.csv", std::string("num_conds,fid\n") + wrong);
    BOOST_TEST(contains(error_of([&] { read_finished_run(run); }), "fid_data.csv:"));
    BOOST_TEST(read_findings(run).frechet.points.empty());
  }
  summary["per_count"][1]["given"] = 0;
  write_bytes(run / "summary.json", summary.dump());
  BOOST_TEST(
      contains(error_of([&] { read_finished_run(run); }), "summary.json: per_count: 0 is in the list twice"));
}

// The original indexed its per-count figures by their rank: wrong as soon as a count is missing or out of order.
BOOST_AUTO_TEST_CASE(counts_are_found_by_their_number) {
  const TemporaryFolder folder;
  write_run(folder.path / "run", {});
  Json summary = read_json(folder.path / "run" / "summary.json");
  Json& counts = summary["per_count"];
  counts = {counts[2], counts[0]};
  write_bytes(folder.path / "run" / "summary.json", summary.dump());
  const FinishedRun run = read_finished_run(folder.path / "run");
  BOOST_TEST(run.per_count.size() == 2u);
  BOOST_TEST(run.at_count(0)->kl.mean == 0.4);
  BOOST_TEST(run.at_count(2)->kl.mean == 0);
  BOOST_TEST(!run.at_count(1));
  const TextTable table = run_table(make_comparison({run}));
  const auto cell = [&](const std::string& column) {
    const auto at = std::find(table.header.begin(), table.header.end(), column);
    BOOST_REQUIRE(at != table.header.end());
    return table.rows[0][std::size_t(at - table.header.begin())];
  };
  BOOST_TEST(cell("active_0") == "2");
  BOOST_TEST(cell("active_2") == "0");
  BOOST_TEST(cell("bound_active_0") == "2");
  BOOST_TEST((std::find(table.header.begin(), table.header.end(), "active_1") == table.header.end()));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_no_finished_run) {
  const TemporaryFolder folder;
  const auto run = folder.path / "run";
  const auto error = [&] { return error_of([&] { read_finished_run(run); }); };
  BOOST_TEST(error() == run.string() + ": is no finished run: there is no such folder");
  write_bytes(run, "");
  BOOST_TEST(error() == run.string() + ": is no finished run: it is not a folder");
  fs::remove(run);
  write_run(run, {});
  BOOST_TEST(is_finished_run(run));
  BOOST_TEST(error() == "no error");
  for (const char* file : {"config.json", "summary.json", "costs.csv"}) {
    const std::string contents = read_file(run / file);
    fs::remove(run / file);
    BOOST_TEST(error() == run.string() + ": is no finished run: there is no " + file + " in it");
    write_bytes(run / file, "{\n");
    BOOST_TEST(contains(error(), file));
    write_bytes(run / file, contents);
  }
  write_bytes(run / "summary.json", R"({"epochs": 2})");
  BOOST_TEST(error() == (run / "summary.json").string() + ": is not the summary of a run");
  // resumed for more epochs, and stopped before they were done
  write_run(run, {});
  write_bytes(run / "config.json", config_of({"training.epochs=5"}).dump());
  BOOST_TEST(!is_finished_run(run));
  BOOST_TEST(contains(error(), "has not ended"));
}

// The errors of one row, and whatever else is no finite number, in JSON and in CSV.
BOOST_AUTO_TEST_CASE(a_run_has_numbers_that_are_not_finite) {
  const TemporaryFolder folder;
  const auto run = folder.path / "run";
  write_run(run, {});
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Json summary = read_json(run / "summary.json");
  summary["test"]["loss_stderr"] = json_number(std::nan(""));
  summary["test"]["kl_stderr"] = json_number(infinity);
  write_bytes(run / "summary.json", summary.dump());
  RunResults figures;
  figures.epochs.push_back({1, {}, {{1, std::nan("")}, {infinity, 0}, {-infinity, infinity}}});
  write_tables(figures, true, run);
  const FinishedRun record = read_finished_run(run);
  BOOST_TEST(std::isnan(record.test.loss.standard_error));
  BOOST_TEST(record.test.kl.standard_error == infinity);
  BOOST_TEST_REQUIRE(record.epochs.size() == 1U);
  const Losses& test = record.epochs[0].test;
  BOOST_TEST(std::isnan(test.loss.standard_error));
  BOOST_TEST(test.distortion.mean == infinity);
  BOOST_TEST(test.kl.mean == -infinity);
  BOOST_TEST(test.kl.standard_error == infinity);
}

BOOST_AUTO_TEST_CASE(what_differs_and_what_belongs_together) {
  const TemporaryFolder folder;
  // shells sort names as text; the figures sort by the number
  const Comparison c = comparison_of(folder.path, {{"loss.beta=10", "seed=2"},
                                                   {"loss.beta=2", "seed=2"},
                                                   {"loss.beta=10", "seed=1"},
                                                   {"loss.beta=2", "seed=1", "name=other"}});
  BOOST_TEST(c.varied == (std::vector<std::string>{"loss.beta", "seed"}), tt::per_element());
  BOOST_TEST(c.ordered);
  BOOST_TEST(c.group_key == "loss.beta");
  BOOST_REQUIRE(c.groups.size() == 2u);
  BOOST_TEST(c.groups[0].label == "2");
  BOOST_TEST(c.groups[1].label == "10");
  BOOST_TEST(c.groups[1].size() == 2u);
  BOOST_TEST(c.series.size() == 1u);
  BOOST_TEST(c.runs[0].label == "run3");
  BOOST_TEST(c.values[0][0] == "2");
  BOOST_TEST(c.values[0][1] == "1");
  BOOST_TEST(c.beta_varies());
  BOOST_TEST(c.seeds_vary());

  // the runs of beta = 2 have the excesses 0.04 and 0.02
  const Estimate e = over_runs(c, c.groups[0], [](const FinishedRun& run) { return run.test.excess->mean; });
  BOOST_TEST(e.mean == 0.03, tt::tolerance(1e-12));
  BOOST_TEST(e.standard_error == 0.01, tt::tolerance(1e-12));
  const TextTable table = seed_table(c);
  BOOST_TEST(table.header[0] == "group");
  BOOST_TEST(table.header[1] == "seeds");
  BOOST_TEST(table.header[2] == "loss.beta");
  BOOST_TEST(table.rows[1][1] == "2");

  const TemporaryFolder other;
  const Comparison models = comparison_of(
      other.path,
      {{"model.encoder=[8,8]"}, {"model.activation=tanh", "loss.beta=2"}, {"model.activation=tanh"}});
  BOOST_TEST(models.varied == (std::vector<std::string>{"loss.beta", "model.encoder", "model.activation"}),
             tt::per_element());
  BOOST_TEST(models.groups.size() == 3u);
  BOOST_TEST(models.series.size() == 2u);
  BOOST_TEST(models.groups[1].series == models.groups[2].series);
  BOOST_TEST(!models.ordered);
  BOOST_TEST(!models.seeds_vary());
  const auto encoder =
      std::find(models.varied.begin(), models.varied.end(), "model.encoder") - models.varied.begin();
  BOOST_TEST(models.values[0][std::size_t(encoder)] == "[8,8]");

  const TemporaryFolder twins;
  write_run(twins.path / "a" / "run", {});
  write_run(twins.path / "b" / "run", {"seed=2"});
  const Comparison same = make_comparison(
      {read_finished_run(twins.path / "a" / "run"), read_finished_run(twins.path / "b" / "run")});
  BOOST_TEST(same.runs[0].label != same.runs[1].label);
  BOOST_TEST(same.groups.size() == 1u);
}

BOOST_AUTO_TEST_CASE(tables) {
  const TextTable table{{"run", "n"}, {{"a,\"b\"", "1"}, {"β", "22"}}};
  BOOST_TEST(table.csv() == "run,n\n\"a,\"\"b\"\"\",1\nβ,22\n");
  BOOST_TEST(table.aligned() == "run     n\na,\"b\"   1\nβ      22\n");

  const TemporaryFolder folder;
  const Comparison c = comparison_of(folder.path, {{"loss.beta=1"}, {"loss.beta=2"}});
  const TextTable shown = short_table(c, false);
  BOOST_TEST(shown.header == (std::vector<std::string>{"loss.beta", "loss", "excess", "distortion", "KL",
                                                       "active at 0", "active", "s"}),
             tt::per_element());
  BOOST_TEST(shown.rows[0][1] == "0.8566 +- 0.0100");
  BOOST_TEST(shown.rows[0][2] == "0.0100 +- 0.0010");
  BOOST_TEST(shown.rows[0][5] == "2.00 (2.00)");
  BOOST_TEST(shown.rows[1][5] == "2.00 (0.00)");
  std::istringstream lines(shown.aligned());
  for (std::string line; std::getline(lines, line);) BOOST_TEST(line.size() <= 100u);
  Comparison wide = c;  // forty columns of settings: what can be done without is left out
  wide.varied = {"a.setting.with.quite.a.long.name", "seed"};
  wide.values = {{"1", "1"}, {"2", "2"}};
  const TextTable narrow = short_table(wide, false);
  BOOST_TEST(narrow.header[0] == wide.varied[0]);
  BOOST_TEST((std::find(narrow.header.begin(), narrow.header.end(), "s") == narrow.header.end()));
  const std::string text = narrow.aligned();
  BOOST_TEST(text.find('\n') <= 100u);
  const std::string csv = run_table(c).csv();
  BOOST_TEST(
      csv.starts_with("run,loss.beta,loss,loss_stderr,distortion,distortion_stderr,kl,kl_stderr,bound_loss,"
                      "bound_distortion,bound_kl,excess,excess_stderr,active,bound_active,active_0,active_1,"
                      "active_2,bound_active_0,bound_active_1,bound_active_2,train_step_us,total_s\nrun0,1,"));
}

BOOST_AUTO_TEST_CASE(the_curve_of_optima) {
  const TemporaryFolder folder;
  const OptimumCurve curve =
      optimum_curve(comparison_of(folder.path, {{"loss.beta=0.3"}, {"loss.beta=3", "seed=2"}}));
  BOOST_REQUIRE(curve.points.size() > 100u);
  BOOST_TEST(curve.points.front().beta <= 0.3);
  BOOST_TEST(curve.points.back().beta >= 3);
  for (const auto& [beta, all, active_at_0] : curve.points) {  // one unit column is withheld on average
    const bool active = beta < 2;
    BOOST_TEST(all.loss == (active ? beta / 2 * (1 + std::log(2 / beta)) : 1), tt::tolerance(1e-9));
    BOOST_TEST(all.kl == (active ? std::log(2 / beta) / 2 : 0), tt::tolerance(1e-9));
    BOOST_TEST(active_at_0 == (active ? 2 : 0));
    BOOST_TEST(all.active == (active ? 1 : 0));
  }
  // a random correlation matrix for each seed: the mean of both distributions
  const TemporaryFolder random;
  const std::string source = "data.source=correlated_gaussian";
  const Comparison c = comparison_of(random.path, {{source, "seed=1"}, {source, "seed=2"}});
  const OptimumCurve mean = optimum_curve(c);
  BOOST_REQUIRE(!mean.points.empty());
  const auto at = std::min_element(mean.points.begin(), mean.points.end(), [](const auto& a, const auto& b) {
    return std::abs(a.beta - 1) < std::abs(b.beta - 1);
  });
  BOOST_TEST(at->all.loss == (c.runs[0].test.optimum->loss + c.runs[1].test.optimum->loss) / 2,
             tt::tolerance(0.01));
  BOOST_TEST(std::abs(c.runs[0].test.optimum->loss - c.runs[1].test.optimum->loss) > 0.01 * at->all.loss);

  const auto none = [](const std::vector<std::vector<std::string>>& runs) {
    const TemporaryFolder f;
    return optimum_curve(comparison_of(f.path, runs)).points.empty();
  };
  BOOST_TEST(none({{"loss.beta=0"}}));
  BOOST_TEST(none({{}, {"data.columns=3"}}));
  BOOST_TEST(none({{}, {"condition.given=0.4"}}));
  BOOST_TEST(none({{"data={\"source\":\"swiss_roll\",\"train_rows\":64,\"test_rows\":64}"}}));
  BOOST_TEST(!none({{"loss.beta=0"}, {"loss.beta=1"}}));
}

BOOST_AUTO_TEST_CASE(what_a_comparison_leaves) {
  const TemporaryFolder folder;
  write_run(folder.path / "a", {"loss.beta=0.5"}, 0.01, true);
  write_run(folder.path / "b", {"loss.beta=2.5"}, 0.01, true);
  write_run(folder.path / "zero", {"loss.beta=0"});
  write_run(folder.path / "untrained", {"training.epochs=0", "condition.kind=none"});
  const auto out = folder.path / "out";
  const auto has = [&](const char* file) { return fs::exists(out / file); };

  compare(options(folder.path, {"a", "b", "zero"}));
  for (const char* file : {"comparison.csv", "compare.html", "multiple_models_conds_encoding.png",
                           "multiple_models_conds_epochs.png", "beta_elbo_fid.png", "beta_active.png"})
    BOOST_TEST(has(file), file);
  BOOST_TEST(files_in(out) == 10u);
  BOOST_TEST(contains(read_file(out / "compare.html"), "data:image/png"));
  BOOST_TEST(!contains(read_file(out / "compare.html"), "not drawn"));

  // another comparison takes its place; a file of the user's stays
  write_bytes(out / "notes.txt", "mine");
  compare(options(folder.path, {"a"}));
  BOOST_TEST(!has("beta_active.png"));
  BOOST_TEST(has("fid_by_model.png"));
  BOOST_TEST(files_in(out) == 9u);
  compare(options(folder.path, {"untrained"}));
  BOOST_TEST(!has("fid_by_model.png"));
  compare(options(folder.path, {"zero"}));

  // all is read before anything is written
  const std::string before = read_file(out / "comparison.csv");
  BOOST_TEST(contains(error_of([&] { compare(options(folder.path, {"a", "missing"})); }), "missing"));
  BOOST_TEST(contains(error_of([&] { compare(options(folder.path, {"a", "a/."})); }), "given twice"));
  BOOST_TEST(read_file(out / "comparison.csv") == before);

  // folders that are no comparison are not touched
  for (const char* taken : {"a", "foreign"}) {
    fs::create_directories(folder.path / taken);
    write_bytes(folder.path / taken / "notes.txt", "mine");
    const std::size_t files = files_in(folder.path / taken);
    CompareOptions o = options(folder.path, {"b"});
    o.out = (folder.path / taken).string();
    BOOST_TEST(contains(error_of([&] { compare(o); }), "holds files but no comparison"));
    BOOST_TEST(files_in(folder.path / taken) == files);
  }
  CompareOptions file = options(folder.path, {"b"});
  file.out = (folder.path / "a" / "config.json").string();
  BOOST_TEST(contains(error_of([&] { compare(file); }), "is not a folder"));
}

BOOST_AUTO_TEST_CASE(without_gnuplot_there_are_tables) {
  const TemporaryFolder folder;
  write_run(folder.path / "a", {});
  compare(options(folder.path, {"a"}));
  const std::string path = std::getenv("PATH");
  setenv("PATH", "", 1);
  compare(options(folder.path, {"a"}));
  setenv("PATH", path.c_str(), 1);
  BOOST_TEST(files_in(folder.path / "out") == 2u);  // no figure of the earlier one either
  BOOST_TEST(contains(read_file(folder.path / "out" / "compare.html"), "not drawn"));
}
