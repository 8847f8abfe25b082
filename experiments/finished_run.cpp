#include "experiments/finished_run.hpp"

#include <nlohmann/json.hpp>

#include "cvae/checkpoint.hpp"

namespace elbow {
namespace fs = std::filesystem;

std::unique_ptr<Experiment> open_run(const fs::path& run, const std::vector<std::string>& settings) {
  const fs::path config = run / "config.json", model = run / "model.safetensors";
  if (!fs::is_directory(run)) throw Error(run.string() + ": there is no such folder");
  for (const fs::path& file : {config, model})
    if (!fs::exists(file))
      throw Error(str(run.string(), ": holds no finished run: there is no ", file.filename().string()));
  Json json = read_json(config);
  for (const std::string& s : settings) set_setting(json, s);
  auto experiment = std::make_unique<Experiment>(Config(json, config.string()));
  load_model(model, *experiment);
  experiment->model->train(false);
  return experiment;
}

}  // namespace elbow
