#include "experiments/program/commands/commands.hpp"

#include <memory>

#include "experiments/runs/page.hpp"

namespace elbow {

void add_page(Command app) {
  Command command = app.command("page", "One page that shows the results and figures of several runs");
  auto o = std::make_shared<PageOptions>();
  command.option("runs", o->runs, "Folders of finished runs").required();
  command.option("--out", o->out, "The HTML file; figures are linked from their folders").required();
  command.option("--title", o->title, "Its title").shows_default();
  command.flag("--force", o->force, "Write over an existing file");
  command.runs([o] { write_page(*o); });
}

}  // namespace elbow
