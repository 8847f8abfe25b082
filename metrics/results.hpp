#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace elbow {

/// A mean over rows with the standard error of that mean, in nats per row (distortion: squared error or nats per row).
struct Estimate {
  double mean = 0, standard_error = 0;
};

/// The mean of independent values and its standard error, sd / sqrt(n); NaN for a single value.
Estimate estimate_of(const std::vector<double>& values);

/// The share of rows for which something holds, and its standard error sqrt(p (1 - p) / rows).
Estimate share_of(int64_t holds, int64_t rows);

/// How many latents are active: those whose mean KL (of `kl_per_latent`) is above `active_kl`.
double count_active(const std::vector<double>& kl_per_latent, double active_kl);

/// The loss and its two parts; loss = distortion + beta * kl, row by row.
struct Costs {
  Estimate loss, distortion, kl;
};

/// One line of costs.csv: epoch (from 1), costs on the training batches of that epoch and on the test set after it.
struct EpochCosts {
  int64_t epoch = 0;
  Costs train, test;
};

/// The analytic optimum at the same place, where there is one.
struct BoundPoint {
  double loss = 0, distortion = 0, kl = 0;
  double active = 0;                  ///< number of active latents k*, averaged over the subsets of that size
  std::vector<double> kl_per_latent;  ///< sorted, largest first
  double loss_stderr = 0;             ///< of `loss`, where its masks are sampled
};

/// What the test set says of the rows with `given` given columns.
struct CountResult {
  int64_t given = 0, rows = 0;
  double distortion = 0, kl = 0;
  double active =
      0;  ///< active latents, counted subset by subset, averaged over the subsets; NaN: not looked at
  std::vector<double>
      kl_per_latent;  ///< mean KL of each latent over those rows, sorted per subset, largest first
  std::optional<BoundPoint> bound;
};

/// What the test set says when every row is given the same labels.
struct ConditionResult {
  std::string given;  ///< "nothing", "class", "colour", "class and colour"
  int64_t rows = 0;
  Costs costs;
  double active = 0;                  ///< latents whose mean KL is above RunFigures::active_kl
  std::vector<double> kl_per_latent;  ///< sorted, largest first
};

/// Test rows as points in the plane of the two latents with the largest KL.
struct LatentScatter {
  int64_t dimension_x = 0;
  std::optional<int64_t> dimension_y;  ///< none where the model has a single latent
  std::vector<float> x, y;             ///< posterior means; y is empty where there is no second latent
  std::vector<int64_t>
      given;  ///< number of given columns of each point; its class where columns are not given one by one
};

/// All that the figures of a run are drawn from.
struct RunFigures {
  std::string name;
  double beta = 1, active_kl = 0.01;  ///< active_kl: nats above which a latent counts as active
  std::vector<EpochCosts> epochs;
  std::vector<CountResult> per_count;
  std::vector<ConditionResult> per_condition;  ///< where labels may be withheld
  LatentScatter scatter;
  std::optional<BoundPoint> bound;  ///< averaged over the masks
};

}  // namespace elbow
