#pragma once
// Small trainings that differ in a few settings, and what the models generate.
#include <nlohmann/json.hpp>

#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"
#include "cvae/training.hpp"

using namespace elbow;

/// `settings` with a few changes, "path.to.key=value" each.
inline Json changed(Json settings, const std::vector<std::string>& changes) {
  for (const std::string& change : changes) set_setting(settings, change);
  return settings;
}

/// A trained model, and what it makes of the test rows.
struct Trained {
  Experiment experiment;
  RowLosses rows;

  explicit Trained(const Json& settings) : experiment(Config(settings)) {
    Training training(experiment);
    while (!training.is_done()) training.epoch([](int64_t) {});
    rows = test_losses(experiment, /*draws=*/16, /*excess=*/experiment.optimum != nullptr);
  }
  Losses losses() const { return losses_of(rows); }
  /// What the decoder makes of draws from the prior, [rows, columns]; of class `label` where it can be asked for.
  Tensor samples(int64_t count, double label = 0) const {
    const Evaluating evaluating(*experiment.model);
    const bool labels = experiment.condition.by_attributes();
    const Tensor c = labels ? experiment.condition.of(Tensor::full({count, 1}, label)) : Tensor();
    const Tensor z = sample_prior(*experiment.model, c, count, sampling_noise(1, uint64_t(label)));
    return decoded_values(*experiment.model, experiment.loss, z, c);
  }
};

inline Json sharp_moons() {
  return Json::parse(R"({
    "name": "labels",
    "data": {"source": "moons", "train_rows": 16384, "test_rows": 4096, "redraw": true},
    "condition": {"kind": "label", "withheld": 0.9},
    "model": {"kind": "mlp", "encoder": [64, 64], "latents": 2, "decoder": [64, 64], "activation": "tanh",
              "batch_norm": false},
    "loss": {"beta": 0.01},
    "training": {"epochs": 20, "batch_rows": 128, "schedule": {"kind": "cosine", "learning_rate": 0.003}}})");
}

/// The share of samples of either class that are within 0.1 of the moon that was asked for.
inline double obeyed(const Trained& trained) {
  const int64_t count = 2048;
  double hits = 0;
  for (const int label : {0, 1}) {
    const Tensor points = trained.samples(count, label);
    for (int64_t i = 0; i < count; ++i) {
      double x = points.at(i, 0), y = points.at(i, 1);
      if (label == 1) x = 1 - x, y = 0.5 - y;  // the other moon, turned
      const double distance = y >= 0 ? std::abs(std::hypot(x, y) - 1) : std::hypot(std::abs(x) - 1, y);
      hits += distance < 0.1;
    }
  }
  return hits / double(2 * count);
}

inline Json two_gaussians() {
  return Json::parse(R"({
    "name": "batch-norm",
    "data": {"source": "independent_gaussian", "columns": 2, "train_rows": 16000, "test_rows": 16384, "redraw": true},
    "model": {"kind": "mlp", "encoder": [32, 32], "latents": 4, "decoder": [32, 32]},
    "training": {"epochs": 12, "batch_rows": 16, "schedule": {"kind": "cosine", "learning_rate": 0.003}}})");
}
