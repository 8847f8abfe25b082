#include "experiments/runs/opened_run.hpp"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cvae/checkpoint.hpp"
#include "data/description.hpp"
#include "experiments/runs/inputs.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace fs = std::filesystem;

namespace {

// Error for settings under which the same parameters would be another model, also where their shapes fit: another
// activation, or another meaning of the decoder's output.
void check_same_model(const Json& trained, const Json& changed) {
  if (nlohmann::json(trained.at("model")) != nlohmann::json(changed.at("model")))  // in whatever order
    throw Error("it was trained with another section `model`");
  if (trained.at("loss").at("distortion") != changed.at("loss").at("distortion"))
    throw Error("it was trained with another `loss.distortion`");
  if (trained.at("loss").value("autoencoder", false) != changed.at("loss").at("autoencoder"))
    throw Error("it was trained with another `loss.autoencoder`");
}

// The path of a setting as messages have it: "a.b" from the JSON pointer "/a/b".
std::string dotted(std::string pointer) {
  std::replace(pointer.begin(), pointer.end(), '/', '.');
  return pointer.empty() ? pointer : pointer.substr(1);
}

}  // namespace

void require_run(const fs::path& folder, std::initializer_list<const char*> files) {
  const auto refuse = [&](const std::string& why) {
    throw Error(folder.string() + ": is no finished run: " + why);
  };
  if (!fs::is_directory(folder)) refuse(fs::exists(folder) ? "it is not a folder" : "there is no such folder");
  for (const char* file : files)
    if (!fs::exists(folder / file)) refuse(str("there is no ", file, " in it"));
}

Json settings_of_run(const fs::path& file) {
  Json config = read_json(file);
  const auto add = [&](const char* section, const char* key, Json value) {
    if (config.is_object() && config.contains(section) && config[section].is_object())
      config[section].emplace(key, std::move(value));
  };
  add("evaluation", "original_tables", true);
  add("evaluation", "calibration_rows", EvaluationSettings().calibration_rows);
  add("evaluation", "calibration_draws", EvaluationSettings().calibration_draws);
  add("evaluation", "factor_rows", 4096);
  add("training", "blocks", 0);
  add("loss", "scale", "fixed");
  add("loss", "objective", "elbo");
  if (config.is_object() && config.value(Json::json_pointer("/data/source"), Json()) == "table")
    add("data", "test_path", nullptr);
  if (Config(config, file.string()).section("condition").choice("kind", Condition::kinds(), "columns") ==
      "columns")
    add("model", "given", "predict");
  if (config.contains("model") && config["model"].is_object()) {
    Json& model = config["model"];
    if (model.value("kind", "") == "mlp") add("model", "base", "none");
    if (model.contains("prior") && model["prior"].is_object() && model["prior"].value("kind", "") == "learned")
      model["prior"].emplace("regulariser", 0);
  }
  return config;
}

SettingsChange change_of_settings(const fs::path& file, const std::string& resolved) {
  try {
    Json before = settings_of_run(file), after = Json::parse(resolved);
    const int64_t epochs_before = before.at("training").at("epochs"),
                  epochs = after.at("training").at("epochs");
    const Json& training = after.at("training");
    const bool last_look = training.contains("validation") && training.at("validation").at("every") > 1;
    const bool fixed = training.at("schedule").at("kind") == "cosine" ||
                       training.at("freeze_batch_norm_after") < 1 || last_look;
    if (epochs < epochs_before || (epochs > epochs_before && fixed))
      return {"training.epochs",
              epochs < epochs_before
                  ? str("the run was started with ", epochs_before, " epochs, not ", epochs)
                  : str("its schedule depends on the number of epochs, ", epochs_before, " and not ", epochs),
              false};
    Json& rate_before = before.at("training").at("schedule").at("learning_rate");
    const Json rate = after.at("training").at("schedule").at("learning_rate");
    SettingsChange lower;
    if (rate.get<double>() < rate_before.get<double>()) {
      lower = {"training.schedule.learning_rate",
               str("learning rate ", rate.dump(), " instead of ", rate_before.dump()), true};
      rate_before = rate;
    }
    before["training"].erase("epochs");
    after["training"].erase("epochs");
    const nlohmann::json changes = nlohmann::json::diff(before, after);  // in whatever order
    if (changes.empty()) return lower;
    const std::string first = dotted(changes.front().at("path").get<std::string>());
    return {first, "the run was started with other settings; the first that differs is " + first, false};
  } catch (const Json::exception&) { throw Error(file.string() + ": is not the configuration of a run"); }
}

std::string check_same_run(const fs::path& file, const std::string& resolved) {
  const SettingsChange change = change_of_settings(file, resolved);
  if (change.allowed) return change.why;
  throw Error(str(file.string(), ": ", change.why,
                  ": --resume takes the same settings, or a lower training.schedule.learning_rate, or more "
                  "epochs (no fewer) where nothing else depends on their number"));
}

namespace {

constexpr auto description_file = "data.json";

// Where a run's model is: at the end of the training, or in the last state of one that was interrupted or has diverged.
fs::path model_file(const fs::path& run) {
  for (const char* file : {"model.safetensors", "checkpoint.safetensors"})
    if (fs::exists(run / file)) return run / file;
  return run / "model.safetensors";
}
bool is_checkpoint(const fs::path& model) { return model.filename() == "checkpoint.safetensors"; }

// The experiment of a run, without its model.
std::unique_ptr<Experiment> with_model(const fs::path& run, std::unique_ptr<Experiment> experiment) {
  const fs::path model = model_file(run);
  if (is_checkpoint(model)) {
    const int64_t epochs = load_model_of_checkpoint(model, *experiment->model);
    std::cerr << "note: " << plain_text(run.string()) << " is not finished: its state after " << epochs
              << " whole epochs is used" << std::endl;
  } else {
    load_model(model, *experiment->model);
  }
  experiment->model->train(false);
  experiment->model->require_finite(model.string());
  return experiment;
}

// The rows of a run. Those of its own settings must not have changed; of these, the same ones are held out as in the training.
DataSplit read_again(const fs::path& run, const Json& all_trained, const Config& settings, uint64_t seed) {
  const Json data = settings.get<Json>("data"), trained = all_trained.value("data", Json());
  const auto same = [&](const char* key) {
    return data.is_object() && trained.is_object() && data.value(key, Json()) == trained.value(key, Json());
  };
  KnownData known;
  known.find = [&](const std::string& setting) { return find_input(run, setting); };
  if (data == trained) known.held_out = held_out_by(Config(all_trained, (run / "config.json").string()));
  if (fs::exists(run / description_file) && same("source") && same("schema")) {
    const Dataset then = read_description(run / description_file).train;
    known.codec = then.codec;
    known.missing = bool(then.observed);
  }
  DataSplit split = make_data(settings.section("data"), seed, known);
  if (data == trained) check_described(run, split);
  return split;
}

}  // namespace

std::unique_ptr<Experiment> open_run(const fs::path& run, const std::vector<std::string>& settings) {
  const fs::path config = run / "config.json";
  require_run(run, {"config.json", model_file(run).filename().c_str()});
  const Json trained = settings_of_run(config);
  auto experiment = std::make_unique<Experiment>(
      Config::changed(trained, config.string(), settings),
      [&](const Config& c, uint64_t seed) { return read_again(run, trained, c, seed); });
  if (settings.empty()) return with_model(run, std::move(experiment));
  try {
    experiment = with_model(run, std::move(experiment));
    check_same_model(trained, parse_json(experiment->resolved, config.string()));
    return experiment;
  } catch (const Error& e) {
    std::string changes;
    for (const std::string& s : settings) changes += "--set " + s + ": ";
    throw Error(changes + "the trained model does not fit that: " + e.what());
  }
}

std::unique_ptr<Experiment> open_model(const fs::path& run) {
  const fs::path description = run / description_file;
  require_run(run, {"config.json", model_file(run).filename().c_str()});
  if (!fs::exists(description)) return open_run(run);
  const fs::path config = run / "config.json";
  return with_model(run,
                    std::make_unique<Experiment>(Config(settings_of_run(config), config.string()),
                                                 [&](const Config& settings, uint64_t) {
                                                   settings.get<Json>("data");  // it is known what it comes to
                                                   return read_description(description);
                                                 }));
}

void check_described(const fs::path& run, const DataSplit& data) {
  check_recorded(run, data.inputs);
  const fs::path file = run / description_file;
  if (fs::exists(file) && description_of(read_description(file)) != description_of(data))
    throw Error(file.string() + ": describes other data than those that the run's settings make");
}

int64_t epochs_trained(const fs::path& run) {
  const fs::path model = model_file(run);
  const auto metadata = load_safetensors(model).metadata;
  const auto epochs = metadata.find(is_checkpoint(model) ? "epochs_done" : "epochs");
  const Json count = epochs == metadata.end() ? Json() : Json::parse(epochs->second, nullptr, false);
  if (!count.is_number_unsigned())
    throw Error(model.string() + ": does not say how many epochs it was trained");
  return count.get<int64_t>();
}

}  // namespace elbow
