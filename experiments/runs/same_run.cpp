#include "experiments/runs/same_run.hpp"

#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "base/error.hpp"

namespace elbow {

std::string check_same_run(const std::filesystem::path& file, const std::string& resolved) {
  const auto refuse = [&](const std::string& why) { return Error(file.string() + ": " + why); };
  try {
    Json before = read_json(file), after = Json::parse(resolved);
    const int64_t epochs_before = before.at("training").at("epochs"),
                  epochs = after.at("training").at("epochs");
    if (epochs < epochs_before)
      throw refuse(str("the run was begun with ", epochs_before, " epochs: --resume takes no fewer"));
    const Json& training = after.at("training");
    if (epochs > epochs_before &&
        (training.at("schedule").at("kind") == "cosine" || training.at("freeze_batch_norm_after") < 1))
      throw refuse("its schedule depends on the number of epochs, so --resume cannot add any: start anew");
    Json& rate_before = before.at("training").at("schedule").at("learning_rate");
    const Json rate = after.at("training").at("schedule").at("learning_rate");
    std::string changed;
    if (rate.get<double>() < rate_before.get<double>())
      changed = str("learning rate ", rate.dump(), " instead of ", rate_before.dump());
    if (!changed.empty()) rate_before = rate;
    before["training"].erase("epochs");
    after["training"].erase("epochs");
    if (before != after)
      throw refuse(
          "the run was begun with other settings: --resume takes the same ones (or more epochs, or a lower "
          "training.schedule.learning_rate)");
    return changed;
  } catch (const Json::exception&) { throw refuse("is not the configuration of a run"); }
}

}  // namespace elbow
