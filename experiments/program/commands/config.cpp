#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cvae/experiment.hpp"
#include "experiments/program/commands/commands.hpp"
#include "experiments/runs/config_schema.hpp"

namespace elbow {
namespace {

struct ConfigOptions {
  std::string config;
  std::vector<std::string> settings;  // path.to.key=value
  bool defaults = false, schema = false;
};

// All settings of a configuration, also those that it leaves out.
std::string resolved(const ConfigOptions& o) {
  if (!o.config.empty()) return Experiment(Config::read(o.config, o.settings)).resolved;
  Json json = {{"name", "defaults"}, {"data", {{"source", "independent_gaussian"}}}};
  for (const std::string& setting : o.settings) set_setting(json, setting);
  return Experiment(Config(json)).resolved;
}

void config(const ConfigOptions& o) {
  if (int(!o.config.empty()) + int(o.defaults) + int(o.schema) != 1)
    throw Error("config: name a configuration file, or --defaults, or --schema");
  std::cout << (o.schema ? config_schema().dump(2) + "\n" : resolved(o));
}

}  // namespace

void add_config(Command app) {
  Command command = app.command("config", "Print a configuration with every default filled in");
  auto o = std::make_shared<ConfigOptions>();
  command.option("config", o->config, "Configuration file");
  command.settings(o->settings);
  command.flag("--defaults", o->defaults,
               "Print the defaults without a file; --set data.source=swiss_roll, say, selects other ones");
  command.flag("--schema", o->schema,
               "Print the JSON Schema of configuration files, which editors use to complete");
  command.runs([o] { config(*o); });
}

}  // namespace elbow
