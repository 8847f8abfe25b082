#include "experiments/finished_run.hpp"

#include <nlohmann/json.hpp>

#include "cvae/checkpoint.hpp"
#include "experiments/run_inputs.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace fs = std::filesystem;

namespace {

// Error for settings under which the same parameters would be another model, also where their shapes fit: another
// activation, or another meaning of the decoder's answer.
void check_same_model(const Json& trained, const Json& changed) {
  if (trained.at("model") != changed.at("model")) throw Error("it was trained with another section `model`");
  if (trained.at("loss").at("distortion") != changed.at("loss").at("distortion"))
    throw Error("it was trained with another `loss.distortion`");
  if (trained.at("loss").value("autoencoder", false) != changed.at("loss").at("autoencoder"))
    throw Error("it was trained with another `loss.autoencoder`");
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

std::unique_ptr<Experiment> open_run(const fs::path& run, const std::vector<std::string>& settings) {
  const fs::path config = run / "config.json", model = run / "model.safetensors";
  require_run(run, {"config.json", "model.safetensors"});
  auto experiment = std::make_unique<Experiment>(Config::read(config, settings));
  try {
    load_model(model, *experiment);
    const Json trained = read_json(config), resolved = parse_json(experiment->resolved, config.string());
    if (!settings.empty()) check_same_model(trained, resolved);
    if (trained.at("data") == resolved.at("data")) check_inputs(run, experiment->data.inputs);
  } catch (const Error& e) {
    if (settings.empty()) throw;
    std::string changes;
    for (const std::string& s : settings) changes += "--set " + s + ": ";
    throw Error(changes + "the trained model does not fit that: " + e.what());
  }
  experiment->model->train(false);
  return experiment;
}

int64_t epochs_trained(const fs::path& run) {
  const fs::path model = run / "model.safetensors";
  const auto metadata = load_safetensors(model).metadata;
  const auto epochs = metadata.find("epochs");
  const Json count = epochs == metadata.end() ? Json() : Json::parse(epochs->second, nullptr, false);
  if (!count.is_number_unsigned())
    throw Error(model.string() + ": does not say how many epochs it was trained");
  return count.get<int64_t>();
}

}  // namespace elbow
