#include "experiments/runs/sweep_status.hpp"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "data/description.hpp"
#include "experiments/runs/folder_claim.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/sweep_folder.hpp"

namespace elbow {
namespace {

struct RunStatus {
  const SweepRun& run;
  std::string state;
  std::optional<Claim> claim;  // of a running one
  std::string other;           // the first setting that differs
};

// The first key of `given`, in sections too, whose value `before` does not hold; empty where there is none.
std::string first_difference(const Json& given, const Json& before, const std::string& path) {
  if (!given.is_object()) return nlohmann::json(given) == nlohmann::json(before) ? "" : path;
  for (const auto& [key, value] : given.items()) {
    const std::string other =
        first_difference(value, before.is_object() ? before.value(key, Json()) : Json(), path + "." + key);
    if (!other.empty()) return other;
  }
  return "";
}

// The first setting in which the folder's run differs from the sweep's, for which a worker will refuse it; empty where none is
// known. The data are not made for that, but taken from their description, and of their settings only those are compared that
// the sweep or its base says. What is wrong with a run otherwise is found when somebody makes it.
std::string other_setting(const SweepPlan& plan, const SweepRun& run) {
  const std::filesystem::path file = run.folder / "config.json";
  try {
    const Json before = settings_of_run(file);
    const Config now = config_of(plan.base, run);
    const std::string of_data = first_difference(now.get<Json>("data"), before.at("data"), "data");
    if (!of_data.empty()) return of_data;
    const Experiment described(
        now, [&](const Config&, uint64_t) { return read_description(run.folder / "data.json"); });
    Json after = Json::parse(described.resolved);
    after["data"] = before.at("data");
    return change_of_settings(file, after.dump()).setting;
  } catch (const std::exception&) { return ""; }
}

std::vector<RunStatus> statuses_of(const SweepPlan& plan, SweepFolder& folder) {
  const std::vector<RunMark> marks = folder.survey();
  std::vector<RunStatus> all;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    RunStatus status{plan.runs[i], "new", {}, ""};
    if (marks[i] == RunMark::done) status.state = "done";
    if (marks[i] == RunMark::failed) status.state = "failed";
    if (marks[i] == RunMark::open) {
      status.claim = Claim::read(status.run.folder / FolderClaim::file);
      status.state = status.claim && !status.claim->ended() ? "running" : "started";
      if (status.state == "started") status.other = other_setting(plan, status.run);
      if (!status.other.empty()) status.state = "other";
    }
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace

void list_sweep(const SweepPlan& plan) {
  SweepFolder folder(plan);
  for (const RunStatus& s : statuses_of(plan, folder))
    std::cout << s.run.name << '\t' << s.state << '\t' << s.run.folder.string() << '\n';
}

void print_status(const SweepPlan& plan) {
  SweepFolder folder(plan);
  const auto all = statuses_of(plan, folder);
  const auto of_state = [&](const std::string& state, const char* note, auto details) {
    const auto is = [&](const RunStatus& s) { return s.state == state; };
    std::cout << state << '\t' << std::count_if(all.begin(), all.end(), is) << note << '\n';
    for (const RunStatus& s : all)
      if (is(s)) details(s);
  };
  const auto nothing = [](const RunStatus&) {};
  std::cout << plan.name << ": " << all.size() << " runs in " << plan.folder.string() << '\n';
  of_state("done", "", nothing);
  of_state("running", "", [](const RunStatus& s) {
    std::cout << "  " << s.run.name << '\t' << s.claim->who() << ", since " << s.claim->since << '\n';
  });
  of_state("failed", "", [&](const RunStatus& s) {
    std::cout << "  " << s.run.name << '\t' << folder.why_failed(s.run) << '\n';
  });
  of_state("other", "\t(made with other settings than the sweep has now; workers refuse them)",
           [](const RunStatus& s) { std::cout << "  " << s.run.name << '\t' << s.other << '\n'; });
  of_state("started", "\t(stopped; the next worker goes on with it)", nothing);
  of_state("new", "", nothing);
}

}  // namespace elbow
