#pragma once
#include <functional>
#include <memory>

#include "data/dataset.hpp"
#include "metrics/feature_net.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// How a feature net is trained: by Adam, the learning rate falling along half a cosine.
struct FeatureTraining {
  int64_t epochs = 2, batch_rows = 64;
  double learning_rate = 3e-3;
  uint64_t seed = 1;
};

/// The images and classes of a set, for a net. Error if the set has no labels or no image size, or entries are missing.
FeatureNetShape feature_net_shape(const Dataset& set);

/// A net trained to classify labelled images, by cross-entropy. Colour images have their channels side by side in a
/// row: columns = channels * height * width. Calls progress(epoch, loss) after each epoch, from 1, with the mean of its
/// batches' losses in nats per row. It is trained on default_device(), and returned on the CPU. A function of the set
/// and the settings for any number of threads. Error as feature_net_shape, or if images are too small or the loss is
/// not finite.
std::unique_ptr<FeatureNet> train_feature_net(
    const Dataset& train, const FeatureTraining& settings,
    const std::function<void(int64_t epoch, double loss)>& progress = {});

/// The share of the rows of a set whose class the net names, with its standard error sqrt(p (1 - p) / rows). Error if the
/// set has no labels, no rows or other columns than the net.
Estimate accuracy_of(FeatureNet& net, const Dataset& set);

}  // namespace elbow
