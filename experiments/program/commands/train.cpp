#include "experiments/program/commands/commands.hpp"

#include <memory>

#include "experiments/runs/train.hpp"

namespace elbow {

void add_train(Command app) {
  Command command = app.command("train", "Train the model that a configuration file describes");
  auto o = std::make_shared<TrainOptions>();
  command.option("config", o->config, "Configuration file (JSON; see docs/configuration.md)").required();
  command.option("--out", o->out, "Folder for the results; by default outputs/NAME").not_empty();
  command.settings(o->settings);
  command.option("--seed", o->seed, "Seed of all random numbers, instead of the file's").whole_number();
  command.threads(o->threads);
  command.device();
  const Option resume = command.flag("--resume", o->resume, "Continue from the folder's last checkpoint");
  const Option force =
      command.flag("--force", o->force, "Start over in a folder that holds an earlier run").excludes(resume);
  command.flag("--keep", o->keep, "Keep an earlier run in the folder as FOLDER.1, FOLDER.2, ...")
      .excludes(resume)
      .excludes(force);
  command.option("--checkpoint-seconds", o->checkpoint_seconds, "Longest time between two checkpoints")
      .shows_default();
  command.option("--found", o->found, "").hidden();  // a sweep's own
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.flag("--check-nan", o->check_nan,
               "Stop at the first op that makes a NaN or an infinity, and name it");
  command.runs([o] { train(*o); });
}

}  // namespace elbow
