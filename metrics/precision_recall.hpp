#pragma once
#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The squared distance of each row of x [n,d] from its k-th nearest neighbour among the other rows. O(n^2 d), in double.
/// Error if k < 1, x has no more than k rows, or an element is not finite.
std::vector<double> squared_neighbour_distances(const Tensor& x, int64_t k);

/// How good and how various generated rows are, as shares of rows with their standard errors.
struct PrecisionRecall {
  Estimate precision;  ///< share of the generated rows that lie within the real ones' manifold
  Estimate recall;     ///< share of the real rows that lie within the generated ones' manifold
};

/// Improved precision and recall (Kynkaanniemi et al. 2019, eqs. 1 and 2) of the rows `generated` [m,d] against `real`
/// [n,d], features of a network. The manifold of a set is taken to be the union of the balls around its rows, each as
/// large as the distance to its k-th nearest neighbour in the set; what lies on a ball's surface lies in it. Distances
/// that are equal except for the rounding of d products count as equal.
///
/// The standard error is that of a share, sqrt(p (1 - p) / rows), with the other set's manifold as it is. Compare figures
/// at the same numbers of rows only: the balls shrink as rows are added. O((n + m)^2 d), in double; the same bits for any
/// number of threads. Error as squared_neighbour_distances, or if the columns differ.
PrecisionRecall precision_recall(const Tensor& real, const Tensor& generated, int64_t k = 3);

}  // namespace elbow
