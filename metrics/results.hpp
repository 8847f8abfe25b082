#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "metrics/frechet.hpp"

namespace elbow {

/// The loss and its two terms in nats per row: loss = distortion + beta * kl, row by row. T is a number, an Estimate, a
/// Tensor, or the values of many rows.
template <class T> struct LossTerms {
  T loss{}, distortion{}, kl{};

  /// f of each term.
  template <class F> auto map(F f) const { return LossTerms<decltype(f(loss))>{f(loss), f(distortion), f(kl)}; }
};

/// Stands for a number that is not known; tables leave its field empty.
inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// A mean over rows with the standard error of that mean.
struct Estimate {
  double mean = 0, standard_error = 0;
};

/// The mean of independent values and its standard error, sd / sqrt(n); NaN for a single value.
Estimate estimate_of(const std::vector<double>& values);

/// The share of rows for which something holds, and its standard error sqrt(p (1 - p) / rows).
Estimate share_of(int64_t holds, int64_t rows);

/// How many latents are active: those whose mean KL (of `kl_per_latent`) is above `active_kl`.
double count_active(const std::vector<double>& kl_per_latent, double active_kl);

/// The loss and its terms on some rows.
using Losses = LossTerms<Estimate>;

inline constexpr Estimate unknown_estimate{no_number, no_number};
inline constexpr Losses unknown_losses{unknown_estimate, unknown_estimate, unknown_estimate};

/// One line of losses.csv: epoch (from 1), losses on the training batches of that epoch and, after it, on the test set and on the rows held
/// out for validation, where these were looked at.
struct EpochLosses {
  int64_t epoch = 0;
  Losses train, test;
  Losses validation = unknown_losses;
};

/// The model that was best on the validation rows, with which the run ends.
struct BestEpoch {
  int64_t epoch = 0, rows = 0;  ///< epoch: after how many; rows: of validation
  std::string metric;           ///< "loss" or "iwae"
  Estimate loss;                ///< on the validation rows
};

/// The least expected loss that any CVAE can reach, and its terms; `active`: latents in use at the optimum. NaN: not known.
struct Optimum : LossTerms<double> {
  double active = 0;

  Optimum& operator+=(const Optimum& b) {
    loss += b.loss, distortion += b.distortion, kl += b.kl, active += b.active;
    return *this;
  }
  friend Optimum operator*(double weight, const Optimum& b) {
    return {{weight * b.loss, weight * b.distortion, weight * b.kl}, weight * b.active};
  }
};

/// An Optimum averaged over masks.
struct AverageOptimum : Optimum {
  std::vector<double> kl_per_latent =
      {};  ///< [d]: KL of the strongest latent, the next, ...; nats per row; none where `active` is NaN
  double loss_stderr = 0;  ///< of `loss`, from the sampling of masks; 0 where every mask was taken
  int64_t masks = 0;       ///< how many masks the average is over
  double gap = 0;          ///< no model is below loss - gap; 0: `loss` itself is exact
};

/// The results of a model on some rows of the test set, along with the optimum for such rows.
struct SubsetResult : Losses {
  int64_t rows = 0;
  /// Latents whose mean KL is above RunResults::active_kl; NaN: not evaluated.
  double active = no_number;
  std::vector<double> kl_per_latent = {};      ///< mean KL of each latent, largest first
  std::optional<AverageOptimum> optimum = {};  ///< where the optimum is known
  std::optional<Estimate> excess = {};         ///< loss minus that of the optimal model on the same rows
};

/// The rows with `given` given columns. Active latents and the KL of each are computed subset by subset, and averaged
/// over the subsets of that size.
struct CountResult : SubsetResult {
  int64_t given = 0;
};

/// All rows, when each is given the same labels.
struct ConditionResult : SubsetResult {
  std::string given;  ///< "nothing", "class", "colour", "class and colour"
};

/// Test rows as points in the plane of the two latents with the largest KL.
struct LatentScatter {
  int64_t dimension_x = 0;
  std::optional<int64_t> dimension_y;  ///< none where the model has a single latent
  std::vector<float> x, y;             ///< posterior means; y is empty where there is no second latent
  std::vector<int64_t>
      given;  ///< number of given columns of each point; its class where columns are not given one by one
};

/// What analyses found, as far as other analyses and comparisons of runs read it.
struct Findings {
  /// The Frechet distance of a set of images from the real ones of a condition; scores in other features do not compare.
  struct ImageFid {
    std::string condition, images, weights_hash;  ///< as in image_scores.csv
    Estimate fid;
  };
  /// How the model's conditional distributions forecast what is withheld from test rows, over all numeric features.
  struct Calibration {
    int64_t rows = 0, draws = 0;                     ///< no rows: not computed
    Estimate coverage_50, coverage_90, coverage_95;  ///< of central intervals
    Estimate crps, crps_excess;                      ///< excess: over the exact distribution's, by pairs
  };
  /// What the latents say about the factors of variation; NaN: has no meaning for this set.
  struct Factors {
    int64_t rows = 0;          ///< test rows looked at; 0: not looked for
    int64_t active = 0;        ///< latents whose mean KL is above RunResults::active_kl
    int64_t active_units = 0;  ///< latents whose posterior mean has a variance above 0.01 over the rows
    double kl = no_number;     ///< nats per row, as are the next four (KlParts)
    Estimate information{no_number, no_number};
    double information_above = no_number, largest_information = no_number, prior_part = no_number;
    /// Whether `information` is a nat or more below what it cannot exceed; nearer to that, it may lack any amount.
    bool shows_all() const { return largest_information - information.mean >= 1; }
    double gap = no_number;                                        ///< mutual_information_gap
    double disentanglement = no_number, completeness = no_number;  ///< disentanglement_of
    std::vector<std::string> names;                                ///< of the factors
    std::vector<double> informativeness;  ///< [factors]: RandomForest::score on rows that it has not seen
  };
  std::vector<int64_t> selected;  ///< features, the most useful first; empty: not looked for
  FrechetCurve frechet;           ///< no points: not computed
  std::vector<ImageFid> image_fids;
  Calibration calibration;
  Factors factors;
};

/// How long things took.
struct RunTiming {
  double train_step_us = 0, eval_step_us = 0, total_s = 0;
};

/// All that is known of a trained model: what figures, tables and comparisons are made of.
struct RunResults {
  std::string name;
  uint64_t seed = 1;
  double beta = 1, active_kl = 0.01;  ///< active_kl: nats above which a latent counts as active
  Losses train;                       ///< of the last epoch
  SubsetResult test;                  ///< the whole test set, under masks as they are drawn
  std::vector<EpochLosses> epochs;
  std::optional<BestEpoch> best;       ///< where validation rows chose the model; `train` is then of that epoch
  std::vector<CountResult> per_count;  ///< counts ascending; empty where columns are not given one by one
  std::vector<ConditionResult> per_condition;  ///< where labels may be withheld
  LatentScatter scatter;                       ///< in no file
  Findings findings;                           ///< of the analyses
  RunTiming timing;

  /// The results of the rows with `given` given columns; null: none.
  const CountResult* at_count(int64_t given) const;
};

/// Active latents, averaged over the rows of all counts; NaN unless each was evaluated.
double mean_active(const std::vector<CountResult>& per_count);

}  // namespace elbow
