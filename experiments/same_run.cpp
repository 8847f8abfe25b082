#include "experiments/same_run.hpp"

#include <nlohmann/json.hpp>

#include "autograd/error.hpp"
#include "nn/config.hpp"

namespace elbow {

void check_same_run(const std::filesystem::path& file, const std::string& resolved) {
  const auto refuse = [&](const std::string& why) { throw Error(file.string() + ": " + why); };
  try {
    Json before = read_json(file), after = Json::parse(resolved);
    const int64_t epochs_before = before.at("training").at("epochs"),
                  epochs = after.at("training").at("epochs");
    if (epochs < epochs_before)
      refuse(str("the run was begun with ", epochs_before, " epochs: --resume takes no fewer"));
    const Json& training = after.at("training");
    if (epochs > epochs_before &&
        (training.at("schedule").at("kind") == "cosine" || training.at("freeze_batch_norm_after") < 1))
      refuse("its schedule depends on the number of epochs, so --resume cannot add any: start anew");
    before["training"].erase("epochs");
    after["training"].erase("epochs");
    if (before != after)
      refuse("the run was begun with other settings: --resume takes the same ones (or more epochs)");
  } catch (const Json::exception&) { refuse("is not the configuration of a run"); }
}

}  // namespace elbow
