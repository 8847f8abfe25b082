#pragma once
#include <cstdint>
#include <vector>

#include "base/linear_algebra.hpp"

namespace elbow {

/// Which columns of a row are given: true = given (in the condition), false = withheld (to be reconstructed).
using Mask = std::vector<bool>;

/// The indices of the given and of the withheld columns, ascending.
struct Split {
  std::vector<std::int64_t> given, withheld;
};

/// Splits the columns of a mask [d]. Columns that are missing in the row (false in `observed` [d]; empty = nothing is
/// missing) are neither given nor withheld. Error if `observed` has another size or a missing column is given.
Split split(const Mask& mask, const Mask& observed = {});

/// A Gaussian's withheld columns U once the given ones O are known:
/// x_U | x_O ~ N(mean_U + regression (x_O - mean_O), covariance). The covariance does not depend on the values
/// x_O.
struct ConditionalGaussian {
  Split columns;
  Matrix regression;  ///< [withheld, given]: S_UO pinv(S_OO)
  Matrix covariance;  ///< [withheld, withheld]: S_UU - S_UO pinv(S_OO) S_OU
};

/// Conditions a Gaussian of covariance `sigma` [d,d] on the columns given by `mask` [d]. Given columns that
/// depend on one another linearly (a singular S_OO) are allowed. Missing columns (see split) are left out. Error if the
/// sizes differ, or as split.
ConditionalGaussian condition_on(const Matrix& sigma, const Mask& mask, const Mask& observed = {});

/// What an optimal linear encoder computes when `mask` is given: the components of a row that the condition does not
/// determine, along the principal axes of the conditional covariance. They are u = innovations (x - mean), [axes],
/// independent, u_i ~ N(0, variances[i]).
struct PrincipalAxes {
  std::vector<double> variances;  ///< [axes], descending, all > 0
  Matrix innovations;             ///< [axes, d]; 0 in missing columns
};

/// The principal axes of N(., sigma) under `mask`. Axes of no variance (below rank_tolerance of the largest
/// variance of a withheld column) are left out: nothing is to be learnt, sent or lost along them. At most as
/// many axes as columns are withheld. Error as condition_on.
PrincipalAxes principal_axes(const Matrix& sigma, const Mask& mask, const Mask& observed = {});

/// PrincipalAxes::variances alone, in less time. Error as condition_on.
std::vector<double> principal_variances(const Matrix& sigma, const Mask& mask, const Mask& observed = {});

}  // namespace elbow
