#pragma once
#include <cstdint>
#include <vector>

#include "cvae/optimum.hpp"

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

}  // namespace elbow
