#include "experiments/analyses/feature_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/machine.hpp"

namespace elbow {
namespace {

using Notes = std::map<std::string, std::string>;

/// Everything that the weights are a function of, except the images themselves.
Notes notes_of(const Json& data, uint64_t data_seed, const FeatureTraining& settings) {
  return {{"data", data.dump()},
          {"data_seed", str(data_seed)},
          {"epochs", str(settings.epochs)},
          {"batch_rows", str(settings.batch_rows)},
          {"learning_rate", str(settings.learning_rate)},
          {"seed", str(settings.seed)},
          {"version", machine().version}};
}

/// Whether the notes of a file hold all of `wanted`.
bool holds(const Notes& notes, const Notes& wanted) {
  return std::includes(notes.begin(), notes.end(), wanted.begin(), wanted.end());
}

}  // namespace

Config settings_of_images(const std::string& folder, const std::vector<std::string>& assignments) {
  Json json = {{"data", {{"source", "idx_images"}, {"path", folder}}}};
  for (const std::string& assignment : assignments) set_setting(json, assignment);
  return Config(json);
}

FeatureNetFile make_feature_net(const Config& data, uint64_t data_seed, const FeatureTraining& settings,
                                const std::function<void(int64_t epoch, double loss)>& progress,
                                const KnownData& known) {
  const DataSplit images = make_data(data, data_seed, known);
  FeatureNetFile file{train_feature_net(images.train, settings, progress),
                      notes_of(data.resolved(), data_seed, settings)};
  const Estimate accuracy = accuracy_of(*file.net, images.test);
  file.metadata["accuracy"] = str(accuracy.mean);
  file.metadata["accuracy_stderr"] = str(accuracy.standard_error);
  file.metadata["train_rows"] = str(images.train.rows());
  file.metadata["test_rows"] = str(images.test.rows());
  return file;
}

std::unique_ptr<ImageFeatures> feature_net_of_run(const Json& data, const std::filesystem::path& path,
                                                  const KnownData& known, const Tell& tell) {
  const FeatureTraining settings;
  const uint64_t data_seed = settings.seed;
  const auto from_file = [&]() -> std::unique_ptr<ImageFeatures> {
    try {
      FeatureNetFile file = load_feature_net(path);
      if (holds(file.metadata, notes_of(data, data_seed, settings))) return image_features_of(std::move(file));
    } catch (const Error&) {}  // a file that cannot be used is replaced
    return nullptr;
  };
  if (std::filesystem::exists(path))
    if (auto kept = from_file()) return kept;
  const auto progress = [&](int64_t epoch, double) {
    tell("image_scores: training the net whose features are compared", epoch, settings.epochs);
  };
  progress(0, 0);
  FeatureNetFile file = make_feature_net(Config(data), data_seed, settings, progress, known);
  save_feature_net(path, *file.net, file.metadata);
  return image_features_of(std::move(file));
}

}  // namespace elbow
