#include "experiments/runs/sweep.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "autograd/backend/backend.hpp"
#include "base/error.hpp"
#include "base/machine.hpp"
#include "base/text.hpp"
#include "experiments/report/not_made.hpp"
#include "experiments/runs/compare/compare.hpp"
#include "experiments/runs/folder_claim.hpp"
#include "experiments/runs/mpirun.hpp"
#include "experiments/runs/sweep_folder.hpp"
#include "experiments/runs/sweep_runner.hpp"
#include "experiments/runs/sweep_status.hpp"

namespace elbow {
namespace {

// Leaves every N-th run, from the I-th on: neighbours, which often take equally long, go to different shares.
void keep_share(std::vector<SweepRun>& runs, const std::string& shard) {
  std::size_t share = 0, shares = 0;
  const char* end = shard.data() + shard.size();
  const auto first = std::from_chars(shard.data(), end, share);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == '/') {
    const auto second = std::from_chars(first.ptr + 1, end, shares);
    if (second.ec != std::errc() || second.ptr != end) shares = 0;
  }
  if (share < 1 || share > shares)
    throw Error(str("--shard: must be I/N, share number I from 1 to N of N shares, not \"", shard, "\""));
  std::vector<SweepRun> kept;
  for (std::size_t i = share - 1; i < runs.size(); i += shares) kept.push_back(std::move(runs[i]));
  runs = std::move(kept);
}

const char* words(SweepRun::State state) {
  switch (state) {
    case SweepRun::State::done: return "done";
    case SweepRun::State::failed: return "failed";
    case SweepRun::State::resume: return "to continue";
    case SweepRun::State::restart: return "to start over";
    case SweepRun::State::fresh: break;
  }
  return "to do";
}

void print_dry_run(const SweepPlan& plan) {
  for (const SweepRun& run : plan.runs) { std::cout << run.name << "  (" << words(run.state) << ")\n"; }
  std::cout << plan.runs.size() << " runs of " << plan.base.string() << " in " << plan.folder.string()
            << std::endl;
}

bool is_done(const SweepRun& run) { return run.state == SweepRun::State::done; }

// "2 of 10 runs failed: NAME: WHY; NAME: WHY"; long lists are cut.
[[noreturn]] void throw_failures(const std::vector<std::string>& failures, const std::string& of) {
  constexpr std::size_t most = 20;
  std::string text = str(failures.size(), " of ", of, " failed: ");
  for (std::size_t i = 0; i < std::min(most, failures.size()); ++i) text += (i ? "; " : "") + failures[i];
  if (failures.size() > most) text += "; and so on, as --status says";
  throw Error(text + " (--retry-failed makes them once more)");
}

// Examines all runs, so that whatever is wrong is known before the first one starts, and sets right what is written down of
// them: a run may have been made, removed or continued by hand.
void examine_all(SweepPlan& plan, bool only_look) {
  SweepFolder folder(plan);
  const std::vector<RunMark> marks = folder.survey();
  for (SweepRun& run : plan.runs) examine(plan, run);
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    SweepRun& run = plan.runs[i];
    const bool marked = marks[i] == RunMark::done;
    if (marks[i] == RunMark::failed && !is_done(run))
      run.state = SweepRun::State::failed;
    else if (is_done(run) && !marked && !only_look)
      folder.set_done(run);
    else if (!is_done(run) && marked && !only_look)
      folder.forget(run);
  }
}

// Makes the runs that have failed ones to be made, and gives them.
std::vector<SweepRun> forget_failed(const SweepPlan& plan) {
  SweepFolder folder(plan);
  const std::vector<RunMark> marks = folder.survey();
  std::vector<SweepRun> failed;
  for (std::size_t i = 0; i < marks.size(); ++i)
    if (marks[i] == RunMark::failed) {
      folder.forget(plan.runs[i]);
      failed.push_back(plan.runs[i]);
    }
  return failed;
}

void work(SweepPlan& plan, const SweepOptions& o) {
  std::vector<NotMade> incomplete;
  std::vector<std::string> failures;
  std::size_t made = 0;
  {  // as long as it lives, signals are for it
    SweepRunner runner(plan, std::max(1, o.jobs), o.threads, /*worker=*/true, o.quiet);
    runner.run();
    incomplete = runner.incomplete();
    failures = runner.failures();
    made = runner.made();
  }
  if (!o.quiet) {
    const std::vector<RunMark> marks = SweepFolder(plan).survey();
    const auto failed = std::count(marks.begin(), marks.end(), RunMark::failed);
    std::cout << plan.name << ": no run is left of " << plan.runs.size() << "; this worker has made " << made;
    if (failed > 0) std::cout << "; " << failed << " have failed (--status says why)";
    std::cout << std::endl;
  }
  warn(incomplete);
  if (!failures.empty()) throw_failures(failures, str(made + failures.size(), " runs that this worker made"));
  require_made(incomplete);
}

void compare_runs(const SweepPlan& plan, bool quiet) {
  CompareOptions compared;
  const std::vector<RunMark> marks = SweepFolder(plan).survey();
  for (std::size_t i = 0; i < marks.size(); ++i)
    if (marks[i] == RunMark::done) compared.runs.push_back(plan.runs[i].folder.string());
  compared.out = (plan.folder / "comparison").string();
  compared.quiet = quiet;
  if (!quiet) std::cout << std::endl;
  if (compared.runs.empty()) return;
  const FolderClaim claim(plan.folder, plan.folder.string(),
                          /*wait=*/true);  // another sweep may be comparing, too
  compare(compared);
}

void make_and_compare(SweepPlan& plan, const SweepOptions& o) {
  const int jobs = o.jobs ? o.jobs : std::max(1, machine().threads / o.threads);
  SweepPlan made = plan;
  if (o.retry_failed) made.runs = forget_failed(plan);
  const auto done = std::count_if(made.runs.begin(), made.runs.end(), is_done);
  if (o.retry_failed && made.runs.empty())
    std::cerr << plain_text("note: --retry-failed: no run of " + plan.folder.string() + " has failed") << '\n';
  if (!o.quiet)
    std::cout << plan.name << ": " << made.runs.size() << " runs of " << plan.base.string() << ", " << done
              << " done, " << jobs << " at once" << std::endl;
  if (default_device() == Device::cuda) train_fleets(made, o.quiet);
  std::vector<NotMade> incomplete;
  std::vector<std::string> failures;
  {  // as long as it lives, signals are for it
    SweepRunner runner(made, jobs, o.threads, /*worker=*/false, o.quiet);
    runner.run();
    incomplete = runner.incomplete();
    failures = runner.failures();
  }
  warn(incomplete);
  compare_runs(plan, o.quiet);
  // Those that have failed elsewhere, or earlier, as well.
  SweepFolder folder(plan);
  const std::vector<RunMark> marks = folder.survey();
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const std::string start = plan.runs[i].name + ": ";
    const auto is_it = [&](const std::string& failure) { return failure.starts_with(start); };
    if (marks[i] == RunMark::failed && std::none_of(failures.begin(), failures.end(), is_it))
      failures.push_back(start + folder.why_failed(plan.runs[i]));
  }
  if (!failures.empty()) throw_failures(failures, str(plan.runs.size(), " runs"));
  require_made(incomplete);
}

}  // namespace

void sweep(const SweepOptions& o) {
  hide_ranks_from_children();  // each of its runs is on a rank by itself
  if (o.threads < 1) throw Error(str("--threads: must be a positive number, not ", o.threads));
  if (o.jobs < 0)
    throw Error(str("--jobs: must be a positive number, or 0 for one for each core, not ", o.jobs));
  set_threads(o.threads);
  set_threads(0);
  check_environment();
  Claim::mine();  // its settings are checked
  SweepPlan plan = plan_sweep(o.file, o.settings, o.out);
  if (o.shard) keep_share(plan.runs, *o.shard);
  if (o.list) return list_sweep(plan);
  if (o.status) return print_status(plan);
  if (o.worker || o.shard) {
    if (o.dry_run)
      throw Error(
          "--dry-run: not together with --worker or --shard, which check each run when they come to it");
    if (o.retry_failed) forget_failed(plan);
    return work(plan, o);
  }
  check_comparison_folder(plan.folder / "comparison");
  examine_all(plan, o.dry_run);
  if (o.dry_run) return print_dry_run(plan);
  make_and_compare(plan, o);
}

}  // namespace elbow
