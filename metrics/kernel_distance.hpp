#pragma once
#include <cstdint>

#include "autograd/random.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The squared maximum mean discrepancy of two sets of rows x [n,d] and y [m,d] (features of a network) under the kernel
/// k(a,b) = (a.b / d + 1)^3, estimated without bias (Gretton et al. 2012, eq. 3; Binkowski et al. 2018 for this kernel):
///
///   sum over i != j of k(x_i,x_j) / (n (n-1)) + the same of y - 2 sum over i, j of k(x_i,y_j) / (n m).
///
/// 0 on average where both come from one distribution, so it may come out negative. In double, O((n + m)^2 d); the same bits for any
/// number of threads. Error if a set has fewer than two rows, the columns differ, or an element is not finite.
double squared_mmd(const Tensor& x, const Tensor& y);

struct KernelDistance {
  Estimate distance;    ///< mean over the subsets and its standard error, NaN for a single subset
  int64_t subsets = 0;  ///< how many there were
};

/// The kernel distance ("KID", Binkowski et al. 2018): the mean of squared_mmd over subsets of `subset_rows` rows of either
/// set. Unlike the Frechet distance it has no bias that depends on the number of rows, so it means the same for few.
///
/// Each set is put in a random order that `key` names and cut into subsets, until the smaller set has no more rows for
/// one. The paper draws subsets that overlap. Disjoint subsets are independent, so sd / sqrt(subsets) is the standard
/// error of the mean for new rows, not only for new subsets of the same rows. A set that has exactly `subset_rows` rows
/// is taken whole, and gives a single subset. Error as squared_mmd, or if a set has fewer rows than one subset.
KernelDistance kernel_distance(const Tensor& x, const Tensor& y, const RandomKey& key,
                               int64_t subset_rows = 1000);

}  // namespace elbow
