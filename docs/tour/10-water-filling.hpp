#pragma once
// The least loss that any conditional VAE of three Gaussian columns can reach, and models that are trained on them.
#include <nlohmann/json.hpp>

#include "cvae/evaluation.hpp"
#include "cvae/training.hpp"

using namespace elbow;

inline const Matrix covariance = Matrix(3, 3, {4, 1.2, 0.4, 1.2, 1, 0.1, 0.4, 0.1, 0.25});

// ---- the optimum ----------------------------------------------------------------------------------------------------

struct Filled {
  double distortion = 0, kl = 0, loss = 0;
  int active = 0;
};

/// Reverse water-filling: axes above the level beta / 2 are encoded down to it, the others not at all.
inline Filled water_filling(const std::vector<double>& variances, double beta) {
  Filled sum;
  const double level = beta / 2;
  for (const double v : variances) {
    const bool above = v > level;
    sum.distortion += above ? level : v;
    sum.kl += above ? 0.5 * std::log(v / level) : 0;
    sum.active += above;
  }
  sum.loss = sum.distortion + beta * sum.kl;
  return sum;
}

inline Mask mask_of(int subset) { return {(subset & 1) != 0, (subset & 2) != 0, (subset & 4) != 0}; }
inline std::string name_of(int subset) {
  std::string name;
  for (int k = 0; k < 3; ++k)
    if ((subset >> k & 1) != 0) name += (name.empty() ? "x" : ", x") + std::to_string(k);
  return name.empty() ? "nothing" : name;
}

// ---- trained models -------------------------------------------------------------------------------------------------

inline Json settings_of(double beta) {
  Json s = Json::parse(R"({
    "name": "tour",
    "data": {"source": "correlated_gaussian", "columns": 3, "train_rows": 32000, "test_rows": 16384, "redraw": true},
    "condition": {"kind": "columns", "given": 0.5},
    "model": {"kind": "mlp", "encoder": [32, 32], "latents": 4, "decoder": [32, 32], "activation": "tanh",
              "batch_norm": false},
    "training": {"epochs": 12, "batch_rows": 64, "schedule": {"kind": "cosine", "learning_rate": 0.004}}})");
  s["data"]["covariance"] = {{4, 1.2, 0.4}, {1.2, 1, 0.1}, {0.4, 0.1, 0.25}};
  s["loss"]["beta"] = beta;
  return s;
}

struct Learned {
  RowLosses rows;
  CountResult nothing_given;
};

inline Learned learn(const Json& settings) {
  Experiment experiment{Config(settings)};
  Training training(experiment);
  while (!training.is_done()) training.epoch([](int64_t) {});
  Learned out{test_losses(experiment, /*draws=*/16, /*excess=*/true), {}};
  out.nothing_given = per_count_results(experiment, out.rows)[0];
  return out;
}
