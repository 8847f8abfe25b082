#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/linear_algebra.hpp"
#include "cvae/gaussian.hpp"
#include "data/dataset.hpp"
#include "metrics/results.hpp"

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
/// squared error + beta KL. See docs/optimum.md. Entries may be missing: then the loss counts the observed columns only,
/// missing ones are never given, and the value is a lower bound, which need not be attained ("Missing entries"
/// there). All methods may be called from several threads at once, and give
/// the same bits for any number of threads.
class GaussianOptimum {
 public:
  /// mean [d], covariance [d,d] (symmetric positive semi-definite, any rank, accurate to double precision; for
  /// rows P z with z ~ N(0, I) it is P P^T), beta > 0. Error if they do not fit or are not so.
  GaussianOptimum(std::vector<double> mean, Matrix covariance, double beta);

  std::int64_t columns() const { return std::int64_t(mean_.size()); }
  double beta() const { return beta_; }
  const Matrix& covariance() const { return covariance_; }

  /// The optimum when the columns of `mask` [d] are given. `observed` [d]: false where a column is missing; empty:
  /// nothing is missing. Error if a size differs or a missing column is given.
  Optimum at(const Mask& mask, const Mask& observed = {}) const;

  /// The optimum averaged over masks whose entries are given with probability `p_given` each, independently: over
  /// all 2^d of them where that is at most `max_masks`, else over `max_masks` masks drawn from `seed`. Where entries
  /// are `missing` by their distribution, over rows and masks: first it is drawn what is missing, then each entry that is
  /// there is given with probability p_given (2^d + 3^d cases). The cost is O(d^3) per mask. Error if a probability
  /// lies outside [0, 1] or max_masks < 2.
  AverageOptimum average(double p_given = 0.5, std::int64_t max_masks = 1024, std::uint64_t seed = 1,
                         const MissingDistribution& missing = {}) const;

  /// average(p, ...) averaged over p uniform in 0..1 (MaskRule::uniform), by Gauss-Legendre quadrature with 8 nodes:
  /// exact where all masks are taken and d <= 15, since average() is a polynomial of degree d in p.
  AverageOptimum average_uniform(std::int64_t max_masks = 1024, std::uint64_t seed = 1) const;

  /// The optimum averaged over the masks that give exactly `given` of the columns, all equally likely: over all
  /// of them or over `max_masks` drawn ones, as in average(). Where entries are `missing` by their distribution: the mean over
  /// those rows and masks of average(p_given, ..., missing) that have exactly `given` given columns, which is what the
  /// rows of a test set with that count show (only then does p_given matter: rows with few given columns are more
  /// often rows with missing ones; p_given = 0 is the limit in which they are not: a subset of that size, in a row that
  /// shows all of it and whatever else). Error if `given` lies outside [0, d], max_masks < 2, a probability lies outside
  /// [0, 1], or no row can have that count.
  AverageOptimum at_count(std::int64_t given, std::int64_t max_masks = 1024, std::uint64_t seed = 1,
                          const MissingDistribution& missing = {}, double p_given = 0.5) const;

  /// at_count() for 0, 1, ..., d given columns.
  std::vector<AverageOptimum> per_count(std::int64_t max_masks = 1024, std::uint64_t seed = 1,
                                        const MissingDistribution& missing = {}, double p_given = 0.5) const;

  /// The optimal model's loss on row x [d] under mask [d] (1 = given, 0 = withheld). `observed` [d]: 0 where an entry is
  /// missing, whose value in x is ignored, 1 elsewhere; null: nothing is missing. (With missing entries it is the
  /// model whose decoder knows what is missing.) Error if an entry of mask or observed is neither 0 nor 1, or a
  /// missing one is given.
  LossTerms<double> optimal_row(const float* x, const float* mask, const float* observed = nullptr) const;

  /// optimal_row() for each of `rows` rows of x [rows,d], mask [rows,d] and observed [rows,d], in parallel. What
  /// depends on mask and observed alone is computed once per distinct pair and kept for later calls. Error as
  /// optimal_row, naming the row.
  std::vector<LossTerms<double>> optimal_rows(const float* x, const float* mask, std::int64_t rows,
                                              const float* observed = nullptr) const;

 private:
  using AxesPtr = std::shared_ptr<const PrincipalAxes>;

  // What is given of a row and what is there, as one sequence of bits: the mask [d] where nothing is missing, else
  // mask and observed [2 d]. It is what the axes depend on.
  using Pattern = Mask;
  PrincipalAxes axes_of(const Pattern& pattern) const;
  std::vector<std::vector<double>> variances(const std::vector<Pattern>& patterns) const;
  std::vector<AxesPtr> cached_axes(const std::vector<Pattern>& patterns) const;

  std::vector<double> mean_;
  Matrix covariance_;
  double beta_;
  mutable std::mutex mutex_;  // guards cache_
  mutable std::unordered_map<Pattern, AxesPtr> cache_;
};

}  // namespace elbow
