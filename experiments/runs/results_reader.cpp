#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/files.hpp"
#include "data/csv.hpp"
#include "data/table_file.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/results_files.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

// What tables, curves and pages take from the settings of a run without asking again.
void check_config(const Json& json, const fs::path& file) {
  const Config config(json, file.string());
  config.get<std::string>("name");
  config.section("training").get<int64_t>("epochs");
  config.section("condition").get<std::string>("kind");
  config.section("data").get<std::string>("source");
  config.section("loss").get<std::string>("distortion");
}

// The whole number in row i of a table.
int64_t whole_number(const fs::path& file, std::size_t i, const char* column, double value) {
  if (!(value >= 0 && value < 1e15 && value == std::floor(value)))
    throw Error(str(file.string(), ':', i + 2, ": ", column, " must be a whole number"));
  return int64_t(value);
}

std::vector<EpochLosses> read_losses(const fs::path& file) {
  const NumberTable t = NumberTable::read(file);
  const auto epoch = t.column("epoch");
  const auto train_loss = t.column("total_train_losses"), train_d = t.column("total_train_rcl"),
             train_kl = t.column("total_train_klds"), loss = t.column("total_test_losses"),
             d = t.column("total_test_rcl"), kl = t.column("total_test_klds"),
             loss_se = t.column_or_nan("total_test_losses_stderr"),
             d_se = t.column_or_nan("total_test_rcl_stderr"), kl_se = t.column_or_nan("total_test_klds_stderr"),
             v = t.column_or_nan("validation_loss"), v_se = t.column_or_nan("validation_loss_stderr"),
             v_d = t.column_or_nan("validation_distortion"), v_kl = t.column_or_nan("validation_kl");
  std::vector<EpochLosses> epochs;
  for (std::size_t i = 0; i < t.rows(); ++i)
    epochs.push_back({whole_number(file, i, "epoch", epoch[i]),
                      {{train_loss[i], no_number}, {train_d[i], no_number}, {train_kl[i], no_number}},
                      {{loss[i], loss_se[i]}, {d[i], d_se[i]}, {kl[i], kl_se[i]}},
                      {{v[i], v_se[i]}, {v_d[i], no_number}, {v_kl[i], no_number}}});
  return epochs;
}

// The next four read tables, which are all that the analyses of earlier versions left.

// Calls visit(fields, where) with the fields of the named columns, line by line.
template <class Visit>
void for_each_line(const fs::path& file, const std::vector<std::string>& columns, Visit visit) {
  TableFile table(file, {});
  std::vector<std::size_t> places;
  for (const std::string& name : columns) {
    const auto found = std::ranges::find(table.names(), name);
    if (found == table.names().end()) throw Error(str(file.string(), ": there is no column ", name));
    places.push_back(std::size_t(found - table.names().begin()));
  }
  for (std::vector<std::string> fields, chosen; table.next(fields);) {
    chosen.clear();
    for (const std::size_t place : places) chosen.push_back(fields[place]);
    visit(chosen, table.where());
  }
}

FrechetCurve read_frechet(const fs::path& file) {
  const NumberTable t = NumberTable::read(file);
  const auto given = t.column("num_conds"), fid = t.column("fid"), error = t.column_or_nan("fid_stderr"),
             optimum = t.column_or_nan("optimal_fid");
  FrechetCurve curve;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    const int64_t count = whole_number(file, i, "num_conds", given[i]);
    if (std::ranges::find(curve.points, count, &FrechetPoint::given) != curve.points.end())
      throw Error(str(file.string(), ':', i + 2, ": num_conds is ", count, " in an earlier line already"));
    curve.points.push_back({count, -1, {fid[i], error[i]}, optimum[i]});
  }
  std::ranges::sort(curve.points, {}, &FrechetPoint::given);
  return curve;
}

std::vector<int64_t> read_selected(const fs::path& file) {
  std::vector<int64_t> order;
  for_each_line(file, {"selected_feature_number"}, [&](const auto& fields, const std::string&) {
    if (fields[0].empty()) return;  // nothing given
    order.push_back(-1);            // unless it is the number of a feature
    std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), order.back());
  });
  return order;
}

std::vector<Findings::ImageFid> read_image_fids(const fs::path& file) {
  std::vector<Findings::ImageFid> fids;
  for_each_line(file, {"condition", "images", "weights_hash", "fid", "fid_stderr"},
                [&](const auto& fields, const std::string& where) {
                  const auto number = [&](const std::string& field) {
                    double value = no_number;
                    const auto read = std::from_chars(field.data(), field.data() + field.size(), value);
                    if (!field.empty() && read.ec != std::errc())
                      throw Error(where + ": fid or fid_stderr is not a number");
                    return value;
                  };
                  fids.push_back({fields[0], fields[1], fields[2], {number(fields[3]), number(fields[4])}});
                });
  return fids;
}

// Runs f, which reads JSON of summary.json: its errors name the file.
template <class F> auto of_summary(const fs::path& file, F f) {
  try {
    return f();
  } catch (const Json::exception&) {
    throw Error(file.string() + ": is not the summary of a run");
  } catch (const Error& e) { throw Error(file.string() + ": " + e.what()); }
}

// What is in the summary; of an earlier version what is in tables. One that is damaged is an error, or as good as none.
enum class Damaged { error, none };
Findings findings_of(const fs::path& run, const Json& summary, Damaged damaged) {
  Findings findings = of_summary(run / "summary.json",
                                 [&] { return findings_from(summary.value("analyses", Json::object())); });
  const auto table = [&](const char* name, auto& found, bool known, auto read) {
    if (known || !fs::exists(run / name)) return;
    try {
      found = read(run / name);
    } catch (const Error&) {
      if (damaged == Damaged::error) throw;
    }
  };
  table("fid_data.csv", findings.frechet, !findings.frechet.points.empty(), read_frechet);
  table("selected_features.csv", findings.selected, !findings.selected.empty(), read_selected);
  table("image_scores.csv", findings.image_fids, !findings.image_fids.empty(), read_image_fids);
  return findings;
}

// A run that was resumed for more epochs and not yet finished still has the earlier summary. One that has validation rows and patience may
// have ended early.
bool all_epochs_done(const Json& summary, const Json& config) {
  try {
    const Json& training = config.at("training");
    const Json patience = training.value("validation", Json::object()).value("patience", Json());
    const bool may_stop = patience.is_number() && patience > 0;
    return summary.at("epochs") == training.at("epochs") ||
           (may_stop && summary.at("epochs") < training.at("epochs"));
  } catch (const Json::exception&) { return false; }
}

}  // namespace

bool is_finished_run(const fs::path& folder) {
  const fs::path config = folder / "config.json", summary = folder / "summary.json";
  return fs::exists(summary) && fs::exists(config) && all_epochs_done(read_json(summary), read_json(config));
}

FinishedRun read_finished_run(const fs::path& folder) {
  require_run(folder, {"config.json", "summary.json", "costs.csv"});
  const fs::path config = folder / "config.json", summary = folder / "summary.json";
  FinishedRun run;
  run.folder = folder;
  // the last part of the folder's name, also of "run/", "." and ".."
  run.label = fs::absolute(folder / "").lexically_normal().parent_path().filename().string();
  run.config = settings_of_run(config);
  check_config(run.config, config);
  const Json json = read_json(summary);
  static_cast<RunResults&>(run) = of_summary(summary, [&] { return results_from(json); });
  if (!all_epochs_done(json, run.config))
    throw Error(folder.string() +
                ": is no finished run: it was resumed for other epochs and has not ended (--resume)");
  run.epochs = read_losses(folder / "costs.csv");
  run.findings = findings_of(folder, json, Damaged::error);
  return run;
}

Findings read_findings(const fs::path& run) {
  const fs::path summary = run / "summary.json";
  return findings_of(run, fs::exists(summary) ? read_json(summary) : Json::object(), Damaged::none);
}

void update_summary(const fs::path& run, const Findings& findings) {
  const fs::path file = run / "summary.json";
  if (!fs::exists(file)) return;
  Json summary = read_json(file);
  summary["analyses"] = findings_json(findings);
  write_file_atomically(file, summary.dump(2) + "\n");
}

}  // namespace elbow
