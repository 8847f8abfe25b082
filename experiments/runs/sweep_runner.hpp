#pragma once
#include <list>
#include <string>
#include <vector>

#include "base/interrupt.hpp"
#include "base/process.hpp"
#include "base/stopwatch.hpp"
#include "experiments/report/not_made.hpp"
#include "experiments/runs/run_queue.hpp"
#include "experiments/runs/sweep_folder.hpp"

namespace elbow {

/// Makes what is left of a plan, each run a process of its own, which claims its folder. Other runners may do the same, here or on
/// other machines.
class SweepRunner {
 public:
  /// Up to `jobs` runs at once, of that many threads each. `worker`: as SweepOptions says.
  SweepRunner(SweepPlan& plan, int jobs, int threads, bool worker, bool quiet);

  /// Ends when all runs have ended, by whomever. Interrupted after a signal, when all processes have stopped; Error as a worker,
  /// if a run is refused.
  void run();
  /// "NAME: what went wrong" of the runs that have failed here.
  const std::vector<std::string>& failures() const { return failures_; }
  /// What those that were made here could not make.
  const std::vector<NotMade>& incomplete() const { return incomplete_; }
  /// How many were made here.
  std::size_t made() const { return made_; }

 private:
  struct Job {
    Job(std::size_t number, const std::vector<std::string>& arguments, int threads)
        : run(number), process(arguments, threads) {}
    std::size_t run;
    ChildProcess process;
    Stopwatch watch;
  };

  void start_some();
  bool examined(std::size_t number);
  bool held(std::size_t number) { return folder_.look(number) == SharedFolder::Look::held; }
  bool done_elsewhere(SweepRun& run) const;
  void finish(Job& job);
  [[noreturn]] void stop();

  SweepPlan& plan_;
  SweepFolder folder_;
  RunQueue queue_;
  std::size_t jobs_;
  int threads_;
  bool worker_, quiet_;
  InterruptWatch interrupts_;
  Stopwatch watch_;
  std::list<Job> running_;
  std::size_t made_ = 0, ended_ = 0;  // in this very call
  std::vector<std::string> failures_;
  std::vector<NotMade> incomplete_;
};

}  // namespace elbow
