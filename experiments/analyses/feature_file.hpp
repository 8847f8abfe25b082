#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/config.hpp"
#include "cvae/feature_training.hpp"
#include "data/sources.hpp"
#include "experiments/analyses/analysis.hpp"
#include "metrics/image_features.hpp"

namespace elbow {

/// Settings whose section `data` reads a folder of IDX images, changed by assignments as in Config::read.
Config settings_of_images(const std::string& folder, const std::vector<std::string>& assignments);

/// Trains a feature net on the images of a section `data`, which `data_seed` colours where they are coloured, judges it by
/// the test images, and notes how it was made: what `elbow features train` writes. Error as make_data and
/// train_feature_net.
FeatureNetFile make_feature_net(const Config& data, uint64_t data_seed, const FeatureTraining& settings,
                                const std::function<void(int64_t epoch, double loss)>& progress = {},
                                const KnownData& known = {});

/// The feature net of a run's data, trained with settings and seeds that are the same for all runs, so that runs on the
/// same images have the same net whatever their own seeds. `data` is the section of the run's resolved configuration,
/// and `known` says where its images lie. The net is kept in `file`, and read from there if the file's notes say that
/// it was made with the same settings. Otherwise it is trained again, and another file of that name is replaced.
std::unique_ptr<ImageFeatures> feature_net_of_run(const Json& data, const std::filesystem::path& file,
                                                  const KnownData& known = {}, const Tell& tell = tell_nobody);

}  // namespace elbow
