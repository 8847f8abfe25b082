#include "experiments/commands/options.hpp"

namespace elbow {

void add_settings_option(CLI::App* command, std::vector<std::string>& settings, const std::string& what) {
  command->add_option("--set", settings, what)
      ->allow_extra_args(false);  // else it would take what follows, too
}

void add_threads_option(CLI::App* command, int& threads) {
  command->add_option("--threads", threads, "Number of threads; 0 = one for each core")->capture_default_str();
}

}  // namespace elbow
