#include "experiments/runs/sweep_status.hpp"

#include <algorithm>
#include <iostream>

#include "experiments/runs/folder_claim.hpp"
#include "experiments/runs/sweep_folder.hpp"

namespace elbow {
namespace {

struct RunStatus {
  const SweepRun& run;
  const char* state;
  std::optional<Claim> claim;  // of a running one
};

std::vector<RunStatus> statuses_of(const SweepPlan& plan, SweepFolder& folder) {
  const std::vector<RunMark> marks = folder.survey();
  std::vector<RunStatus> all;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    RunStatus status{plan.runs[i], "new", {}};
    if (marks[i] == RunMark::done) status.state = "done";
    if (marks[i] == RunMark::failed) status.state = "failed";
    if (marks[i] == RunMark::open) {
      status.claim = Claim::read(status.run.folder / FolderClaim::file);
      status.state = status.claim && !status.claim->ended() ? "running" : "started";
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
  of_state("started", "\t(stopped; the next worker goes on with it)", nothing);
  of_state("new", "", nothing);
}

}  // namespace elbow
