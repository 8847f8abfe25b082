#include "experiments/runs/sweep_runner.hpp"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <thread>

#include "autograd/backend/backend.hpp"
#include "base/error.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/folder_claim.hpp"
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
                                        "--quiet",   "--found",          run.found};
  if (tf32_allowed()) arguments.push_back("--tf32");
  for (const std::string& setting : run.settings) arguments.insert(arguments.end(), {"--set", setting});
  if (run.state == SweepRun::State::resume) arguments.push_back("--resume");
  if (run.state == SweepRun::State::restart) arguments.push_back("--force");
  return arguments;
}

std::optional<uint64_t> place_of_its_own(bool worker) {
  if (!worker) return {};
  return std::random_device()();
}

}  // namespace

SweepRunner::SweepRunner(SweepPlan& plan, int jobs, int threads, bool worker, bool quiet)
    : plan_(plan),
      folder_(plan),
      queue_(folder_, plan.runs.size(), place_of_its_own(worker)),
      jobs_(std::size_t(jobs)),
      threads_(threads),
      worker_(worker),
      quiet_(quiet) {}

void SweepRunner::run() {
  while (!queue_.finished()) {
    if (!interrupts_.signal()) start_some();
    running_.remove_if([&](Job& job) { return job.process.ended() && (finish(job), true); });
    if (interrupts_.signal()) stop();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void SweepRunner::start_some() {
  while (running_.size() < jobs_) {
    const auto number = queue_.next();
    if (!number) return;
    SweepRun& run = plan_.runs[*number];
    if (!examined(*number)) continue;
    if (run.state == SweepRun::State::done) {
      folder_.set_done(run);
      queue_.ended(*number);
    } else {
      running_.emplace_back(*number, arguments_of(plan_, run, threads_), threads_);
    }
  }
}

// False where there is nothing to start: somebody has the run, or it is refused.
bool SweepRunner::examined(std::size_t number) {
  SweepRun& run = plan_.runs[number];
  try {
    examine(plan_, run);
    return true;
  } catch (const Error& error) {
    if (held(number)) {  // by one who is just beginning: its files do not fit together yet
      queue_.left(number);
      return false;
    }
    if (worker_) throw;
    failures_.push_back(run.name + ": " + error.what());
    queue_.ended(number);
    return false;
  }
}

// What fails because another one has changed the files that it was about to read has not failed, once that one is done.
bool SweepRunner::done_elsewhere(SweepRun& run) const {
  try {
    examine(plan_, run);
    return run.state == SweepRun::State::done;
  } catch (const Error&) { return false; }
}

void SweepRunner::finish(Job& job) {
  SweepRun& run = plan_.runs[job.run];
  const std::string problem = job.process.problem();
  const bool good = job.process.succeeded();
  // Another one was a moment earlier, or has taken it over; or somebody has stopped this very run, which can go on.
  if (!good &&
      (held(job.run) || job.process.interrupted() || problem.find(FolderClaim::taken) != std::string::npos))
    return queue_.left(job.run);
  if (!good && done_elsewhere(run)) {
    folder_.set_done(run);
    return queue_.ended(job.run);
  }
  // Another user, or another machine, may well be able to make it.
  if (!good && worker_ && access(run.folder.c_str(), W_OK) != 0) throw Error(run.name + ": " + problem);
  queue_.ended(job.run);
  ++ended_;
  std::string line = str(run.name, "  ");
  if (good) {
    ++made_;
    run.state = SweepRun::State::done;
    folder_.set_done(run);
    if (!problem.empty()) incomplete_.push_back({run.name + ": " + problem});
    line += str("loss ", fixed(read_finished_run(run.folder).test.loss.mean, 4), ", ",
                duration(job.watch.seconds()));
  } else {
    run.state = SweepRun::State::failed;
    folder_.set_failed(run, problem);
    failures_.push_back(run.name + ": " + problem);
    line += "failed: " + problem;
  }
  const std::size_t all = plan_.runs.size(), done = queue_.count_ended();
  if (done < all && !worker_)
    line += str("; about ", duration(watch_.seconds() / double(ended_) * double(all - done)), " left");
  const std::string count =
      worker_ ? str(ended_) : str(done, '/', all);  // a worker does not know what others do
  if (!quiet_) std::cout << count << "  " << line << std::endl;
}

void SweepRunner::stop() {
  for (Job& job : running_) job.process.stop();
  running_.clear();  // waits for each
  throw Interrupted(interrupts_.signal(), str("interrupted, ", queue_.count_ended(), " of ", plan_.runs.size(),
                                              " runs are done: the same command continues"));
}

}  // namespace elbow
