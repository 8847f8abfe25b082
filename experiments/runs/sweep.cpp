#include "experiments/runs/sweep.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <list>
#include <thread>

#include "autograd/backend/backend.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/machine.hpp"
#include "base/process.hpp"
#include "base/stopwatch.hpp"
#include "experiments/report/not_made.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/compare/compare.hpp"
#include "experiments/runs/folder_claim.hpp"
#include "experiments/runs/mpirun.hpp"
#include "experiments/runs/results_files.hpp"

namespace elbow {
namespace {

std::string duration(double seconds) {
  const long s = std::lround(seconds);
  if (s < 120) return str(s, " s");
  return s < 7200 ? str((s + 30) / 60, " min") : str((s + 1800) / 3600, " h");
}

std::vector<std::string> arguments_of(const SweepPlan& plan, const SweepRun& run, int threads) {
  std::vector<std::string> arguments = {"train",     plan.base.string(), "--out",    run.folder.string(),
                                        "--threads", str(threads),       "--device", name_of(default_device()),
                                        "--quiet"};
  if (tf32_allowed()) arguments.push_back("--tf32");
  for (const std::string& setting : run.settings) arguments.insert(arguments.end(), {"--set", setting});
  if (run.state == SweepRun::State::resume) arguments.push_back("--resume");
  if (run.state == SweepRun::State::restart) arguments.push_back("--force");
  return arguments;
}

const char* words(SweepRun::State state) {
  switch (state) {
    case SweepRun::State::done: return "done";
    case SweepRun::State::resume: return "to continue";
    case SweepRun::State::restart: return "to start over";
    case SweepRun::State::fresh: break;
  }
  return "to do";
}

// Runs what is left of a plan, up to `jobs` at once.
class Runner {
 public:
  Runner(SweepPlan& plan, int jobs, int threads, bool quiet)
      : plan_(plan), jobs_(std::size_t(jobs)), threads_(threads), quiet_(quiet) {
    for (SweepRun& run : plan.runs)
      if (run.state == SweepRun::State::done)
        ++done_;
      else
        waiting_.push_back(&run);
  }

  // Of the runs that were done, what they could not make.
  const std::vector<NotMade>& incomplete() const { return incomplete_; }

  // "NAME: what went wrong" of the runs that failed. Error when interrupted, after all have stopped.
  std::vector<std::string> run() {
    while (!waiting_.empty() || !running_.empty()) {
      if (!interrupts_.signal()) start_some();
      running_.remove_if([&](Job& job) { return job.process.ended() && (finish(job), true); });
      if (interrupts_.signal()) stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return failures_;
  }

 private:
  struct Job {
    Job(SweepRun& r, const std::vector<std::string>& arguments, int threads)
        : run(r), process(arguments, threads) {}
    SweepRun& run;
    ChildProcess process;
    Stopwatch watch;
  };

  // Starts runs while there are free jobs. Runs that another sweep into the same folder has started are left to it;
  // they are resumed if that sweep stops.
  void start_some() {
    for (auto next = waiting_.begin(); next != waiting_.end() && running_.size() < jobs_;) {
      SweepRun& run = **next;
      if (!FolderClaim::owner(run.folder).empty()) {
        ++next;
        continue;
      }
      next = waiting_.erase(next);
      try {
        run.state = state_of(run);
      } catch (const Error& error) {
        failures_.push_back(run.name + ": " + error.what());
        continue;
      }
      if (run.state == SweepRun::State::done)
        ++done_;
      else
        running_.emplace_back(run, arguments_of(plan_, run, threads_), threads_);
    }
  }

  // Whether another sweep has started the run, or even finished it.
  static bool taken(const SweepRun& run) {
    try {
      return !FolderClaim::owner(run.folder).empty() || state_of(run) == SweepRun::State::done;
    } catch (const Error&) { return false; }
  }

  void finish(Job& job) {
    const std::string problem = job.process.problem();
    if (!job.process.succeeded() && taken(job.run)) {
      waiting_.push_back(&job.run);  // another sweep was there a moment earlier
      return;
    }
    ++ended_;
    const auto left = double(waiting_.size() + running_.size() - 1);
    std::string line = str(job.run.name, "  ");
    if (job.process.succeeded()) {
      ++done_;
      job.run.state = SweepRun::State::done;
      if (!problem.empty()) incomplete_.push_back({job.run.name + ": " + problem});
      line += str("loss ", fixed(read_finished_run(job.run.folder).test.loss.mean, 4), ", ",
                  duration(job.watch.seconds()));
    } else {
      failures_.push_back(job.run.name + ": " + problem);
      line += "failed: " + problem;
    }
    if (left > 0) line += str("; about ", duration(watch_.seconds() / double(ended_) * left), " left");
    if (!quiet_) std::cout << done_ + failures_.size() << '/' << plan_.runs.size() << "  " << line << std::endl;
  }

  [[noreturn]] void stop() {
    for (Job& job : running_) job.process.stop();
    running_.clear();  // waits for each
    throw Interrupted(interrupts_.signal(), str("interrupted, ", done_, " of ", plan_.runs.size(),
                                                " runs are done: the same command continues"));
  }

  SweepPlan& plan_;
  std::size_t jobs_;
  int threads_;
  bool quiet_;
  InterruptWatch interrupts_;
  Stopwatch watch_;
  std::list<SweepRun*> waiting_;
  std::list<Job> running_;
  std::size_t done_ = 0, ended_ = 0;  // ended_: in this very call
  std::vector<std::string> failures_;
  std::vector<NotMade> incomplete_;
};

void list_runs(const SweepPlan& plan) {
  for (const SweepRun& run : plan.runs) { std::cout << run.name << "  (" << words(run.state) << ")\n"; }
  std::cout << plan.runs.size() << " runs of " << plan.base.string() << " in " << plan.folder.string()
            << std::endl;
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
  SweepPlan plan = plan_sweep(o.file, o.settings, o.out);
  const auto comparison = plan.folder / "comparison";
  check_comparison_folder(comparison);
  if (o.dry_run) return list_runs(plan);

  const int jobs = o.jobs ? o.jobs : std::max(1, machine().threads / o.threads);
  const auto is_done = [](const SweepRun& run) { return run.state == SweepRun::State::done; };
  const auto done = std::count_if(plan.runs.begin(), plan.runs.end(), is_done);
  if (!o.quiet)
    std::cout << plan.name << ": " << plan.runs.size() << " runs of " << plan.base.string() << ", " << done
              << " done, " << jobs << " at once" << std::endl;
  if (default_device() == Device::cuda) {
    train_fleets(plan, o.quiet);
    for (SweepRun& run : plan.runs) run.state = state_of(run);
  }
  std::vector<std::string> failures;
  std::vector<NotMade> incomplete;
  {  // as long as it lives, signals are for it
    Runner runner(plan, jobs, o.threads, o.quiet);
    failures = runner.run();
    incomplete = runner.incomplete();
  }
  warn(incomplete);

  CompareOptions compared;
  for (const SweepRun& run : plan.runs)
    if (is_done(run)) compared.runs.push_back(run.folder.string());
  compared.out = comparison.string();
  compared.quiet = o.quiet;
  if (!o.quiet) std::cout << std::endl;
  if (!compared.runs.empty()) {
    const FolderClaim claim(plan.folder, plan.folder.string(),
                            /*wait=*/true);  // another sweep may be comparing, too
    compare(compared);
  }
  if (failures.empty()) return require_made(incomplete);
  std::string text = str(failures.size(), " of ", plan.runs.size(), " runs failed: ");
  for (std::size_t i = 0; i < failures.size(); ++i) text += (i ? "; " : "") + failures[i];
  throw Error(text);
}

}  // namespace elbow
