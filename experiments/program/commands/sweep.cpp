#include "experiments/program/commands/commands.hpp"

#include <memory>

#include "experiments/runs/sweep.hpp"

namespace elbow {

void add_sweep(Command app) {
  Command command = app.command("sweep", "Train one configuration under many settings and compare the runs");
  auto o = std::make_shared<SweepOptions>();
  command.option("sweep", o->file, "Sweep file (JSON; see docs/sweeps.md)").required();
  command.option("--out", o->out, "Folder for the runs; by default outputs/NAME");
  command.settings(o->settings, "Change a setting of all runs: path.to.key=value (may be repeated)");
  command.option("--jobs", o->jobs, "Runs at once; 0 = as many as there are cores for, or 1 for a worker")
      .shows_default();
  command.option("--threads", o->threads, "Number of threads of each run").shows_default();
  command.device();
  command.flag(
      "--worker", o->worker,
      "Be one of any number of workers that share the folder, on one machine or on many (docs/cluster.md)");
  command.option("--shard", o->shard,
                 "I/N: be a worker that takes only share I (1 to N) of N shares of the runs");
  const Option retry =
      command.flag("--retry-failed", o->retry_failed,
                   "Make the runs that have failed once more, and no others; a worker makes others, too");
  const Option list =
      command.flag("--list", o->list, "Only print the runs: name, state and folder, between tabs")
          .excludes(retry);
  const Option status =
      command.flag("--status", o->status, "Only print which runs are done, running where, failed and why")
          .excludes(list)
          .excludes(retry);
  command.flag("--dry-run", o->dry_run, "Only check all runs, and print them")
      .excludes(list)
      .excludes(status)
      .excludes(retry);
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.footer(
      "A sweep that was stopped goes on with the same command. A run that has failed is not tried again "
      "without "
      "--retry-failed. Started several times, also on several machines, it shares the runs.");
  command.runs([o] { sweep(*o); });
}

}  // namespace elbow
