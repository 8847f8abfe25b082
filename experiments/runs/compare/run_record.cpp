#include "experiments/runs/compare/run_record.hpp"

#include <cmath>

#include "base/error.hpp"
#include "experiments/runs/compare/number_table.hpp"
#include "experiments/runs/finished_run.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

double number(const Json& object, const char* key) { return number_from(object.at(key)); }

Estimate estimate(const Json& costs, const std::string& key) {
  return {number(costs, key.c_str()), number(costs, (key + "_stderr").c_str())};
}

void read_summary(const Json& s, RunRecord& run) {
  run.seed = s.at("seed").get_ref<const Json::number_unsigned_t&>();
  run.beta = number(s, "beta");
  const Json& test = s.at("test");
  run.test = {estimate(test, "loss"), estimate(test, "distortion"), estimate(test, "kl")};
  if (s.contains("bound")) {
    const Json& b = s.at("bound");
    run.bound =
        BoundPoint{number(b, "loss"), number(b, "distortion"), number(b, "kl"), number(b, "active"), {}};
    run.excess = estimate(b, "excess");
  }
  run.train_step_us = number(s.at("timing"), "train_step_us");
  run.total_s = number(s.at("timing"), "total_s");
}

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

void read_costs(const fs::path& file, RunRecord& run) {
  const NumberTable t = NumberTable::read(file);
  const auto epoch = t.column("epoch");
  const auto train_loss = t.column("total_train_losses"), train_d = t.column("total_train_rcl"),
             train_kl = t.column("total_train_klds"), loss = t.column("total_test_losses"),
             d = t.column("total_test_rcl"), kl = t.column("total_test_klds"),
             loss_se = t.column_or_nan("total_test_losses_stderr"),
             d_se = t.column_or_nan("total_test_rcl_stderr"), kl_se = t.column_or_nan("total_test_klds_stderr");
  for (std::size_t i = 0; i < t.rows(); ++i)
    run.epochs.push_back({whole_number(file, i, "epoch", epoch[i]),
                          {{train_loss[i], no_number}, {train_d[i], no_number}, {train_kl[i], no_number}},
                          {{loss[i], loss_se[i]}, {d[i], d_se[i]}, {kl[i], kl_se[i]}}});
}

// The count that row i of a table is about; each may appear once.
template <class Map> int64_t count_of(const fs::path& file, std::size_t i, double value, const Map& seen) {
  const int64_t count = whole_number(file, i, "num_conds", value);
  if (seen.contains(count))
    throw Error(str(file.string(), ':', i + 2, ": num_conds is ", count, " in an earlier line already"));
  return count;
}

void read_per_count(const fs::path& file, RunRecord& run) {
  const NumberTable t = NumberTable::read(file);
  const auto given = t.column("num_conds"), kl = t.column("KLD"), d = t.column("RCL"), rows = t.column("rows"),
             active = t.column("active"), bound_kl = t.column("bound_KLD"), bound_d = t.column("bound_RCL"),
             bound_loss = t.column("bound_ELBO"), bound_active = t.column("bound_active");
  for (std::size_t i = 0; i < t.rows(); ++i) {
    CountResult c;
    c.given = count_of(file, i, given[i], run.per_count);
    c.rows = std::isnan(rows[i]) ? 0 : whole_number(file, i, "rows", rows[i]);
    c.distortion = d[i], c.kl = kl[i], c.active = active[i];
    if (std::isfinite(bound_kl[i]))
      c.bound = BoundPoint{bound_loss[i], bound_d[i], bound_kl[i], bound_active[i], {}};
    run.per_count[c.given] = c;
  }
}

void read_fid(const fs::path& file, RunRecord& run) {
  const NumberTable t = NumberTable::read(file);
  const auto given = t.column("num_conds"), fid = t.column("fid");
  for (std::size_t i = 0; i < t.rows(); ++i) run.fid[count_of(file, i, given[i], run.fid)] = fid[i];
}

}  // namespace

double RunRecord::active() const {
  double sum = 0, rows = 0;
  for (const auto& [given, count] : per_count)
    if (count.rows > 0) sum += double(count.rows) * count.active, rows += double(count.rows);
  return rows > 0 ? sum / rows : no_number;
}

bool is_finished_run(const fs::path& folder) {
  if (!fs::exists(folder / "summary.json") || !fs::exists(folder / "config.json")) return false;
  // A run that was taken up again for more epochs and not yet finished still has the summary of the fewer.
  try {
    return read_json(folder / "summary.json").at("epochs") ==
           read_json(folder / "config.json").at("training").at("epochs");
  } catch (const Json::exception&) { return false; }
}

RunRecord read_run_record(const fs::path& folder) {
  require_run(folder, {"config.json", "summary.json", "costs.csv", "encoding_kl_vs_rcl.csv"});
  RunRecord run;
  run.folder = folder;
  // the last part of the folder's name, also of "run/", "." and ".."
  run.label = fs::absolute(folder / "").lexically_normal().parent_path().filename().string();
  run.config = read_json(folder / "config.json");
  check_config(run.config, folder / "config.json");
  const Json summary = read_json(folder / "summary.json");
  try {
    read_summary(summary, run);
  } catch (const Json::exception&) {
    throw Error((folder / "summary.json").string() + ": is not the summary of a run");
  }
  if (!is_finished_run(folder))
    throw Error(folder.string() +
                ": is no finished run: it was taken up again for other epochs and has not ended (--resume)");
  read_costs(folder / "costs.csv", run);
  read_per_count(folder / "encoding_kl_vs_rcl.csv", run);
  if (fs::exists(folder / "fid_data.csv")) read_fid(folder / "fid_data.csv", run);
  return run;
}

}  // namespace elbow
