#pragma once
#include <vector>

#include "experiments/runs/compare/comparison.hpp"

namespace elbow {

/// The analytic optimum as a function of beta: what the best model of a Gaussian set would reach.
struct OptimumCurve {
  struct Point {
    double beta = 0;
    Optimum all;             ///< averaged over the masks
    double active_at_0 = 0;  ///< k* with no column given
  };
  std::vector<Point>
      points;  ///< in the order of beta, close enough for a step to look like one; empty if there is none
};

/// The curve that all the runs share, from well below their smallest beta to where no latent pays any more. Where the distribution
/// itself is drawn from the seed (a projection, a correlation matrix), the mean over the runs' seeds. Empty unless
/// the runs have a known optimum and agree in data and condition.
OptimumCurve optimum_curve(const Comparison& comparison);

}  // namespace elbow
