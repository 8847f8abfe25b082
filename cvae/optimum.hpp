#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/linear_algebra.hpp"
#include "cvae/known_optimum.hpp"

namespace elbow {

/// The optimum along one axis of variance `variance` > 0 (reverse water-filling with the level at beta/2),
/// `active` 0 or 1. An axis within rounding of the level is not active (its loss is the same either way).
Optimum axis_optimum(double variance, double beta);

/// The optimal linear model's mean loss along one axis of variance `variance`, on a row whose innovation is
/// `u`. Its mean over u ~ N(0, variance) is axis_optimum(variance, beta). The model is derived in docs/optimum.md.
LossTerms<double> axis_row_loss(double u, double variance, double beta);

/// How many masks an average of the optimum may take, at O(columns^3) each: about a second's work, but no fewer than `least`
/// and no more than `most`.
std::int64_t affordable_masks(std::int64_t columns, std::int64_t least, std::int64_t most);

/// The analytic optimum of a Gaussian set x ~ N(mean, covariance) under arbitrary conditioning, for the loss
/// squared error + beta KL.
class GaussianOptimum : public KnownOptimum {
 public:
  /// mean [d], covariance [d,d] (symmetric positive semi-definite, any rank, accurate to double precision; for
  /// rows P z with z ~ N(0, I) it is P P^T), beta > 0. Error if they do not fit or are not so.
  GaussianOptimum(std::vector<double> mean, Matrix covariance, double beta);

  std::int64_t columns() const override { return std::int64_t(mean_.size()); }
  double beta() const override { return beta_; }
  const Matrix& covariance() const { return covariance_; }

  /// The optimum when the columns of `mask` [d] are given. `observed` [d]: false where a column is missing; empty:
  /// nothing is missing. Error if a size differs or a missing column is given.
  Optimum at(const Mask& mask, const Mask& observed = {}) const;

  /// optimal_rows() of the single row x [d].
  LossTerms<double> optimal_row(const float* x, const float* mask, const float* observed = nullptr) const;

  /// The losses of the optimal linear model. What depends on mask and observed alone is computed once per distinct pair and
  /// kept for later calls.
  std::vector<LossTerms<double>> optimal_rows(const float* x, const float* mask, std::int64_t rows,
                                              const float* observed = nullptr) const override;

 protected:
  /// Along one axis of variance `variance`, which is 0 where a withheld column is a function of others: the optimum, and the
  /// optimal model's loss on a row whose innovation is `u`.
  virtual Optimum of_axis(double variance) const { return axis_optimum(variance, beta_); }
  virtual LossTerms<double> row_of_axis(double u, double variance) const {
    return axis_row_loss(u, variance, beta_);
  }

 private:
  using AxesPtr = std::shared_ptr<const PrincipalAxes>;

  AverageOptimum weighted_mean(const WeightedPatterns& patterns) const override;
  LossTerms<double> row_loss(const PrincipalAxes& axes, const std::vector<double>& centred,
                             std::int64_t withheld) const;
  std::int64_t withheld(const Pattern& pattern) const;
  PrincipalAxes axes_of(const Pattern& pattern) const;
  std::vector<std::vector<double>> variances(const std::vector<Pattern>& patterns) const;
  std::vector<AxesPtr> cached_axes(const std::vector<Pattern>& patterns) const;

  std::vector<double> mean_;
  Matrix covariance_;
  double beta_;
  mutable std::mutex mutex_;  // guards cache_
  mutable std::unordered_map<Pattern, AxesPtr> cache_;
};

/// The optimum of a Gaussian set where the noise of a normal distribution is learned and beta is 1, so that the loss is the negative
/// ELBO: the entropy of what is withheld, given the rest (docs/optimum.md, "Learned noise"). Distortion, KL and active latents
/// are not determined by it, and NaN. The noise has at least the variance `least`, and no axis a lower one.
class GaussianEntropy : public GaussianOptimum {
 public:
  GaussianEntropy(std::vector<double> mean, Matrix covariance, double least)
      : GaussianOptimum(std::move(mean), std::move(covariance), 1), least_(least) {}

 private:
  Optimum of_axis(double variance) const override;
  LossTerms<double> row_of_axis(double u, double variance) const override;
  double least_;
};

}  // namespace elbow
