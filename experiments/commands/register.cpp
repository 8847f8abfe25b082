#include "experiments/commands/register.hpp"

#include <charconv>
#include <iostream>
#include <memory>

#include "experiments/commands/evaluate.hpp"

namespace elbow {
namespace {

void add_evaluate(CLI::App& app) {
  CLI::App* command = app.add_subcommand("evaluate", "Evaluate the model of a finished run again");
  auto o = std::make_shared<EvaluateOptions>();
  command->add_option("run", o->run, "Folder of a finished run")->required();
  command
      ->add_option("--set", o->settings,
                   "Change a setting of the run, such as seed=7 (other test rows), data.test_rows=100000, "
                   "evaluation.draws=64, loss.beta=0.5 (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--out", o->out, "Folder for summary.json and the tables; by default none are written");
  command->add_flag("--force", o->force, "Write over an earlier evaluation in that folder");
  command->add_flag("--json", o->json, "Print the summary as JSON");
  command->add_option("--threads", o->threads, "Number of threads; 0 = one for each core")
      ->capture_default_str();
  command->callback([o] { evaluate(*o, std::cout); });
}

}  // namespace

CLI::Validator whole_number() {
  return {[](std::string& text) {
            uint64_t value = 0;
            const char* end = text.data() + text.size();
            const auto read = std::from_chars(text.data(), end, value);
            const bool good = !text.empty() && read.ec == std::errc() && read.ptr == end;
            return good ? std::string() : "must be a whole number from 0 to 2^64 - 1, not \"" + text + "\"";
          },
          ""};
}

void add_run_commands(CLI::App& app) { add_evaluate(app); }

}  // namespace elbow
