#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "cvae/gaussian.hpp"
#include "nn/linear_algebra.hpp"

namespace elbow {

/// The least expected loss that any CVAE can reach, and how it divides: loss = distortion + beta kl, in nats
/// per row (distortion: squared error summed over columns). `active`: latents in use at the optimum, an average
/// over masks where the others are.
struct Bound {
  double loss = 0, distortion = 0, kl = 0, active = 0;
};

/// A Bound averaged over masks.
struct AverageBound : Bound {
  std::int64_t masks = 0;  ///< how many masks the average is over
  double loss_stderr = 0;  ///< of `loss`, from the sampling of masks; 0 where every mask was taken
};

/// A Bound averaged over the masks that give `given` columns.
struct CountBound : AverageBound {
  std::int64_t given = 0;
  std::vector<double> kl_per_latent;  ///< [d]: KL of the strongest latent, the next, ...; nats per row
};

/// The optimal model's loss on one row, its mean over the encoder's noise: loss = distortion + beta kl.
struct RowLoss {
  double loss = 0, distortion = 0, kl = 0;
};

/// The optimum along one axis of variance `variance` > 0 (reverse water-filling with the level at beta/2),
/// `active` 0 or 1. An axis within rounding of the level is not active (its loss is the same either way).
Bound axis_bound(double variance, double beta);

/// The optimal linear model's mean loss along one axis of variance `variance`, on a row whose innovation is
/// `u`. Its mean over u ~ N(0, variance) is axis_bound(variance, beta). The model is derived in docs/bound.md.
RowLoss axis_row_loss(double u, double variance, double beta);

/// The analytic bound of a Gaussian set x ~ N(mean, covariance) under arbitrary conditioning, for the loss
/// squared error + beta KL. See docs/bound.md. All methods may be called from several threads at once, and give
/// the same bits for any number of OpenMP threads.
class GaussianBound {
 public:
  /// mean [d], covariance [d,d] (symmetric positive semi-definite, any rank, accurate to double precision; for
  /// rows P z with z ~ N(0, I) it is P P^T), beta > 0. Error if they do not fit or are not so.
  GaussianBound(std::vector<double> mean, Matrix covariance, double beta);

  std::int64_t columns() const { return std::int64_t(mean_.size()); }
  double beta() const { return beta_; }
  const Matrix& covariance() const { return covariance_; }

  /// The bound when the columns of `mask` [d] are given. Error if the mask has another size.
  Bound at(const Mask& mask) const;

  /// The bound averaged over masks whose entries are given with probability `p_given` each, independently: over
  /// all 2^d of them where that is at most `max_masks`, else over `max_masks` masks drawn from `seed`. The cost
  /// is O(d^3) per mask. Error if p_given lies outside [0, 1] or max_masks < 2.
  AverageBound average(double p_given = 0.5, std::int64_t max_masks = 1024, std::uint64_t seed = 1) const;

  /// The bound averaged over the masks that give exactly `given` of the columns, all equally likely: over all
  /// of them or over `max_masks` drawn ones, as in average(). Error if `given` lies outside [0, d] or max_masks
  /// < 2.
  CountBound at_count(std::int64_t given, std::int64_t max_masks = 1024, std::uint64_t seed = 1) const;

  /// at_count() for 0, 1, ..., d given columns.
  std::vector<CountBound> per_count(std::int64_t max_masks = 1024, std::uint64_t seed = 1) const;

  /// The optimal model's loss on row x [d] under mask [d] (1 = given, 0 = withheld). Error if a mask entry is
  /// neither.
  RowLoss optimal_row(const float* x, const float* mask) const;

  /// optimal_row() for each of `rows` rows of x [rows,d] and mask [rows,d], in parallel. What depends on the
  /// mask alone is worked out once per distinct mask and kept for later calls. Error as optimal_row, naming the
  /// row.
  std::vector<RowLoss> optimal_rows(const float* x, const float* mask, std::int64_t rows) const;

 private:
  using AxesPtr = std::shared_ptr<const PrincipalAxes>;

  std::vector<std::vector<double>> variances(const std::vector<Mask>& masks) const;
  std::vector<AxesPtr> axes_of(const std::vector<Mask>& masks) const;
  RowLoss row_loss(const PrincipalAxes& axes, const float* x) const;

  std::vector<double> mean_;
  Matrix covariance_;
  double beta_;
  mutable std::mutex mutex_;  // guards cache_
  mutable std::unordered_map<Mask, AxesPtr> cache_;
};

}  // namespace elbow
