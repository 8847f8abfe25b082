#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cvae/experiment.hpp"
#include "cvae/optimum.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// One column more among the given ones, and the optimum with all the columns given so far.
struct GreedyStep {
  std::int64_t column = 0;
  Optimum optimum;
};

/// The best order in which to give the columns of a Gaussian set, one at a time, each time the column that lowers
/// the optimum most. (Greedily: the best pair need not hold the best single column.)
struct GreedyOrder {
  Optimum nothing_given;
  std::vector<Optimum> first;     ///< [d]: the optimum with that column alone given
  std::vector<GreedyStep> steps;  ///< [d]: every column once
};

/// The greedy order by the optimum L*(O) of x ~ N(., covariance) under squared error + beta KL (cvae/bound.hpp). Of columns
/// that are as good to within rounding the first in the set's order is taken. Each step takes the Schur complement and
/// the eigenvalues of it for each candidate, in parallel: some d^5 / 4 multiply-adds in all, well under a second for 60
/// columns, 6 s for 159 on two cores. The bits do not depend on the number of threads. Error as GaussianOptimum's
/// constructor.
GreedyOrder greedy_order(const Matrix& covariance, double beta);

/// One more feature given.
struct SelectionStep {
  int64_t feature = -1;  ///< the index of the newly given feature; -1 where nothing is given
  Losses losses;         ///< means over the rows with everything given that has been chosen so far
  /// The loss before less the loss after, the mean of the differences row by row: above 0 where the feature helps, below
  /// where it does harm. Not a number where nothing is given.
  Estimate gain;
};

/// The features in the order in which they are worth giving.
struct GreedySelection {
  std::vector<SelectionStep> steps;  ///< [features + 1]: nothing given, then one more feature at each step
  std::vector<SelectionStep> first;  ///< [features]: each feature given alone, in the order of the features
};

/// On how much a choice is founded.
struct SelectionSettings {
  int64_t rows;                 ///< test rows, evenly spread over the test set; at most all of them
  int64_t draws = 2;            ///< of the encoder's noise for each row
  int64_t stacked_rows = 4096;  ///< that go through the model at once
  /// At every so many steps all candidates are tried, in between only those whose last known gain is large enough.
  int64_t full_step_every = 1;
  int64_t tried_at_once = 4;  ///< then: enough rows for one pass through the model
};

/// The number of rows is that of the configuration. By default it is 4096, and less (down to 512) with many features,
/// where 4096 would take long. With more than 32 features, every 16th step tries all.
SelectionSettings selection_settings(const Experiment& experiment);

/// The test rows that a selection uses.
std::vector<int64_t> selection_rows(const Dataset& test, int64_t rows);

/// Greedy selection of conditions: begins with nothing given, and at each step gives the feature that lowers the loss
/// (distortion + beta KL, nats per row) on the test set most, that is by the largest signed gain; of equal ones the first.
/// All candidates see the same rows and the same noise of the encoder (common random numbers), so that they are compared
/// by pairs. A row that lacks a feature is never given it. The order goes on to the last feature, also where giving more
/// does harm. Features F make F (F + 1) / 2 subsets of `rows` rows each; candidates go through the model side by side.
///
/// With full_step_every > 1, a step between two full ones is lazy (Minoux 1978, "Accelerated greedy algorithms for maximizing
/// submodular set functions"): candidates are tried in the order of the gains that they had last, until none that is left had
/// a larger one than the best has now. That finds the same feature if a gain never grows as more is given.
/// `progress` is called with the number of features that are chosen, from 0 on. Error unless the condition is made of features,
/// and rows and draws are at least 1.
GreedySelection greedy_selection(const Experiment& experiment, const SelectionSettings& settings,
                                 const std::function<void(int64_t chosen)>& progress = {});

/// The order of greedy_selection by the analytic optimum in the place of a model, of rows without missing entries. Empty
/// where there is no optimum, or too many columns to work it out (more than 64).
std::optional<GreedyOrder> exact_order(const Experiment& experiment);

/// The subset of features that is given after each step: [steps][features].
std::vector<Mask> subsets_of(const std::vector<SelectionStep>& steps);

}  // namespace elbow
