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
  command.option("--jobs", o->jobs, "Runs at once; 0 = as many as there are cores for").shows_default();
  command.option("--threads", o->threads, "Number of threads of each run").shows_default();
  command.device();
  command.flag("--dry-run", o->dry_run, "Only list the runs");
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.runs([o] { sweep(*o); });
}

}  // namespace elbow
