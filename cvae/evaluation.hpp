#pragma once
#include <cstdint>
#include <vector>

#include "autograd/tape.hpp"
#include "cvae/experiment.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The number of rows in a batch of the test set. It is fixed, because the bits of the results must not depend on a
/// setting of speed.
inline constexpr int64_t evaluation_batch_rows = 512;

/// Puts the model into evaluation mode for as long as this lives, and records nothing.
class Evaluating {
 public:
  explicit Evaluating(Cvae& model) : model_(model), before_(model.training()) { model.train(false); }
  ~Evaluating() { model_.train(before_); }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;

 private:
  Cvae& model_;
  bool before_;
  NoGrad no_grad_;
};

/// The test set seen through the model, row by row, in nats per row.
struct RowLosses {
  std::vector<double> distortion, kl;  ///< [rows]; distortion: the mean over the draws of the error
  std::vector<int64_t> given;  ///< [rows] number of given features; empty unless there are features to give
  std::vector<double>
      excess;  ///< [rows] [rows, or the first ones of a very wide set] loss minus that of the optimal
               ///< model; empty without an optimum
  double beta = 1;
  double seconds = 0;  ///< time taken, without the computation of the optimal model
};

/// All rows of the test set, in evaluation mode, with masks and noise from the seed alone: two calls see the same
/// conditions, so that models and epochs are compared on equal terms. `excess` asks for the paired comparison with the
/// bound (Experiment::bound must be there). `rows`: only that many of the first rows.
RowLosses test_losses(const Experiment& experiment, int64_t draws, bool excess, int64_t rows = INT64_MAX);

/// The number of test rows whose loss is computed after each epoch (`evaluation.epoch_rows`), rounded up to whole batches.
int64_t epoch_rows(const Experiment& experiment);

/// Mean and standard error over the rows; not numbers where there is none.
Losses losses_of(const RowLosses& rows);

/// The same with the number of the rows and their excess; latents and the optimum are left to the caller.
SubsetResult result_of(const RowLosses& rows);

/// All latents, the one with the largest KL [latents] first; of equal ones the first.
std::vector<int64_t> latents_by_kl(const std::vector<double>& kl);

/// The mean KL of each latent [latents] over the rows of a batch with these posteriors, under condition c; nats per row.
std::vector<double> latent_kl(const Experiment& experiment, const Posterior& q, const Tensor& c);

/// The encoder's outputs for some test rows under one subset.
struct SubsetEncoding {
  Posterior posterior;         ///< [rows, latents]
  std::vector<double> kl;      ///< [latents]: mean KL of each, nats per row
  std::vector<int64_t> order;  ///< [latents]: latents_by_kl(kl)
};

/// Encodes the rows `index` of the test set with the features of `subset` given.
SubsetEncoding encode_under(const Experiment& experiment, const std::vector<int64_t>& index,
                            const Mask& subset);

/// For each number of given columns: losses and excess of those of `rows` with that count (NaN where there is none);
/// active latents and the KL of each latent from encoding test rows under every subset of that size (or, where there
/// are too many, under the number that the settings say), along with those of the optimum.
std::vector<CountResult> per_count_results(const Experiment& experiment, const RowLosses& rows);

/// For each subset of the labels, nothing first: losses, KL of each latent and active latents of the whole test set
/// when every row is given just those labels, with the noise of test_losses. Empty where labels are never withheld.
std::vector<ConditionResult> per_condition_results(const Experiment& experiment, int64_t draws);

/// Posterior means of the first test rows on the two latents with the largest mean KL.
LatentScatter latent_scatter(const Experiment& experiment);

}  // namespace elbow
