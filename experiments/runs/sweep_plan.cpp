#include "experiments/runs/sweep.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "base/config.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "cvae/experiment.hpp"
#include "experiments/analyses/analysis.hpp"
#include "experiments/runs/folder_claim.hpp"
#include "experiments/runs/inputs.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/results_files.hpp"
#include "experiments/runs/run_folder.hpp"
#include "experiments/runs/sweep_folder.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_runs =
    10000;  // a few keys too many in a grid would be more than there is memory for

using Settings = std::vector<std::pair<std::string, Json>>;  // dotted keys and values, in the file's order

Settings settings_in(const Config& config, const std::string& key, const Json& object) {
  if (!object.is_object()) config.fail(key, "must be a section {\"path.to.key\": value, ...}");
  Settings settings;
  for (const auto& [name, value] : object.items()) settings.emplace_back(name, value);
  return settings;
}

// The entries of "list", or one entry without settings.
std::vector<Settings> read_list(const Config& config) {
  const auto list = config.get_optional<std::vector<Json>>("list");
  if (!list) return {{}};
  std::vector<Settings> entries;
  for (std::size_t i = 0; i < list->size(); ++i)
    entries.push_back(settings_in(config, str("list[", i, "]"), (*list)[i]));
  if (entries.empty()) config.fail("list", "is empty");
  return entries;
}

// All combinations of the values in "grid", the last key's changing fastest; Error for more than `most`.
std::vector<Settings> read_grid(const Config& config, std::size_t most) {
  std::vector<Settings> points = {{}};
  const auto grid = config.get_optional<Json>("grid");
  if (!grid) return points;
  for (const auto& [key, values] : settings_in(config, "grid", *grid)) {
    if (!values.is_array() || values.empty())
      config.fail("grid." + key, "must be a list of the values to try, and not an empty one");
    if (points.size() * values.size() > most)
      config.fail("grid", str("comes to more than ", most_runs, " runs"));
    std::vector<Settings> longer;
    for (const Settings& point : points)
      for (const Json& value : values) {
        longer.push_back(point);
        longer.back().emplace_back(key, value);
      }
    points = std::move(longer);
  }
  return points;
}

// A value as text within a folder's name: 0.5, relu, 64x64.
std::string text_of(const Json& value) {
  std::string text;
  if (value.is_array())
    for (const Json& entry : value) text += (text.empty() ? "" : "x") + text_of(entry);
  else
    text = value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text;
}

// "loss.beta=0.5,seed=1". A list entry that sets the experiment's name is called by it, instead of by its settings.
std::string name_of(const Settings& entry, const Settings& combination) {
  std::string name;
  const auto add = [&](const Settings& settings) {
    for (const auto& [key, value] : settings) name += (name.empty() ? "" : ",") + key + "=" + text_of(value);
  };
  for (const auto& [key, value] : entry)
    if (key == "name") name = text_of(value);
  if (name.empty()) add(entry);
  add(combination);
  const auto unsafe = [](unsigned char c) {
    return !std::isalnum(c) && std::string("._-+=,").find(char(c)) == std::string::npos;
  };
  std::replace_if(name.begin(), name.end(), unsafe, '_');
  return name;
}

// What tells configurations apart before their defaults are filled in.
std::string key_of(const Json& base, const SweepRun& run) {
  Json json = base;
  for (const std::string& setting : run.settings) set_setting(json, setting);
  Hash hash;
  hash.add(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  return hash.hex();
}

// The settings of a run. The inputs of a started run must be unchanged, or the sweep would compare runs on different
// data.
std::string resolved_settings(const fs::path& base, const SweepRun& run) {
  const bool started = fs::exists(run.folder / "checkpoint.safetensors");
  const Experiment experiment(config_of(base, run), started ? data_found_by(run.folder) : data_of_settings);
  check_analyses(experiment, analyses_of(experiment),
                 started ? find_feature_net(run.folder, experiment) : experiment.evaluation.features);
  return experiment.resolved;
}

}  // namespace

Config config_of(const fs::path& base, const SweepRun& run) {
  Json json = read_json(base);
  for (const std::string& setting : run.settings) set_setting(json, setting);
  return Config(json, base.string());
}

SweepRun::State state_of(const SweepRun& run) {
  const fs::path& folder = run.folder;
  if (!fs::exists(folder)) return SweepRun::State::fresh;
  if (!fs::is_directory(folder)) throw Error(folder.string() + ": exists and is not a folder");
  if (!fs::exists(folder / "config.json")) {
    if (holds_no_run(folder) || !FolderClaim::owner(folder).empty()) return SweepRun::State::fresh;
    throw Error(folder.string() + ": holds files but no run of elbow");
  }
  const SettingsChange change = change_of_settings(folder / "config.json", run.resolved);
  if (!change.why.empty())
    throw Error(str(folder.string(), ": ", change.why,
                    ": set it back in the sweep, or remove this folder, or choose another --out"));
  const nlohmann::json before = settings_of_run(folder / "config.json");  // compared in whatever order
  if (is_finished_run(folder) && before == nlohmann::json::parse(run.resolved)) return SweepRun::State::done;
  return fs::exists(folder / "checkpoint.safetensors") ? SweepRun::State::resume : SweepRun::State::restart;
}

void examine(const SweepPlan& plan, SweepRun& run) {
  run.found = results_in(run.folder);  // before the look at the rest: what changes after it is noticed
  try {
    if (run.resolved.empty()) run.resolved = resolved_settings(plan.base, run);
  } catch (const Error& error) { throw Error(str(plan.file.string(), ": ", run.name, ": ", error.what())); }
  run.state = state_of(run);
}

SweepPlan plan_sweep(const fs::path& file, const std::vector<std::string>& settings, const fs::path& out) {
  const Config config = Config::read(file);
  SweepPlan plan;
  plan.file = file;
  plan.name = config.get<std::string>("name");
  if (plan.name.empty() || plan.name.front() == '.' || plan.name.find('/') != std::string::npos)
    config.fail("name", "must be a name for a folder: not empty, no '/', not beginning with '.'");
  plan.folder = out.empty() ? fs::path("outputs") / plan.name : out;
  plan.base = (file.parent_path() / config.get<std::string>("base")).lexically_normal();
  const Settings constant = settings_in(config, "set", config.get<Json>("set", Json::object()));
  const auto list = read_list(config), grid = read_grid(config, most_runs / list.size());
  config.done();
  if (!config.has("list") && !config.has("grid")) config.fail("grid", "must be given, or a \"list\"");

  const Json base = read_json(plan.base);
  std::set<std::string> names;
  for (const Settings& entry : list)
    for (const Settings& combination : grid) {
      Settings point = entry;
      point.insert(point.end(), combination.begin(), combination.end());
      SweepRun run;
      run.name = name_of(entry, combination);
      run.folder = plan.folder / run.name;
      if (run.name.empty() || run.name.front() == '.' || run.name.size() > 200 || run.name == "comparison" ||
          run.name == SweepFolder::ended_folder || run.name.starts_with(FolderClaim::file))
        config.fail("list",
                    str("\"", run.name, "\" cannot be a folder's name: give this entry a short \"name\""));
      if (!names.insert(run.name).second)
        config.fail(config.has("list") ? "list" : "grid", str("two runs are called ", run.name));
      std::set<std::string> varied;
      for (const auto& [key, value] : point)
        if (!varied.insert(key).second) config.fail("grid." + key, "is in the list as well");

      for (const auto& [key, value] : constant) run.settings.push_back(key + "=" + value.dump());
      for (const std::string& setting : settings) {
        if (varied.contains(setting.substr(0, setting.find('='))))
          throw Error(str("--set ", setting, ": ", file.string(), " varies this setting"));
        run.settings.push_back(setting);
      }
      for (const auto& [key, value] : point) run.settings.push_back(key + "=" + value.dump());
      try {
        run.key = key_of(base, run);
      } catch (const Error& error) { throw Error(str(file.string(), ": ", run.name, ": ", error.what())); }
      plan.runs.push_back(std::move(run));
    }
  return plan;
}

}  // namespace elbow
