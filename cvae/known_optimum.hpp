#pragma once
#include <cstdint>
#include <vector>

#include "cvae/gaussian.hpp"
#include "data/dataset.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// What is given of a row and what is there, as one sequence of bits: the mask [d] where nothing is missing, else mask and
/// observed [2 d].
using Pattern = Mask;

/// Patterns and their weights, which add up to 1. `sampled`: drawn, rather than all there are.
struct WeightedPatterns {
  std::vector<Pattern> patterns;
  std::vector<double> weights;
  bool sampled = false;

  void add(Pattern pattern, double weight);
};

/// The standard error of `mean`, that of the patterns' losses, from their sampling; 0 where all are taken.
double sampling_error(const WeightedPatterns& patterns, const std::vector<double>& losses, double mean);

/// The least loss, squared error + beta KL, that any CVAE can reach on a set whose distribution is known (docs/optimum.md). Each
/// kind of distribution is a class of its own; what it does not know of the optimum, such as the latents in use, is NaN.
/// Entries may be missing: then the loss counts the observed columns only, missing ones are never given, and the value is
/// a lower bound, which need not be attained. All methods may be called from several threads at once, and give the same
/// bits for any number of threads.
class KnownOptimum {
 public:
  virtual ~KnownOptimum() = default;

  virtual std::int64_t columns() const = 0;
  virtual double beta() const = 0;

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

  /// The optimal model's loss on each of `rows` rows of x [rows,d] under mask [rows,d] (1 = given, 0 = withheld), averaged over
  /// the model's noise; its expectation is the optimum. `observed` [rows,d]: 0 where an entry is missing, whose value in x
  /// is ignored, 1 elsewhere; null: nothing is missing. (With missing entries it is the model whose decoder knows what
  /// is missing.) Error, naming the row, if an entry of mask or observed is neither 0 nor 1, or a missing one is given.
  virtual std::vector<LossTerms<double>> optimal_rows(const float* x, const float* mask, std::int64_t rows,
                                                      const float* observed = nullptr) const = 0;

 protected:
  /// The optimum averaged over these patterns.
  virtual AverageOptimum weighted_mean(const WeightedPatterns& patterns) const = 0;
  /// The pattern of one row with this mask [d] and observed [d] (may be null). Error as optimal_rows.
  static void read_pattern(const float* mask, const float* observed, std::int64_t d, std::int64_t row,
                           Pattern& pattern);
};

}  // namespace elbow
