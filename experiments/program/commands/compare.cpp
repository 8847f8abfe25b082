#include "experiments/program/commands/commands.hpp"

#include <memory>

#include "experiments/runs/compare/compare.hpp"

namespace elbow {

void add_compare(Command app) {
  Command command = app.command("compare", "Tables and figures of finished runs, side by side");
  auto o = std::make_shared<CompareOptions>();
  command.option("runs", o->runs, "Folders of finished runs").required();
  command.option("--out", o->out, "Folder for the comparison").shows_default();
  command.flag("--quiet", o->quiet, "Print nothing but errors");
  command.runs([o] { compare(*o); });
}

}  // namespace elbow
