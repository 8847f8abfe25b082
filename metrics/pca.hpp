#pragma once
#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"
#include "base/linear_algebra.hpp"

namespace elbow {

/// The principal components of a set of rows: the directions along which it varies most, one after the other
/// (Pearson 1901, Hotelling 1933).
struct PrincipalComponents {
  std::int64_t rows = 0;
  std::vector<double> mean;       ///< [d]
  std::vector<double> variances;  ///< [k], descending: the variance of the rows along each component
  std::vector<double> ratios;     ///< [k]: their shares of the total variance; NaN where the rows are all alike
  Matrix components;              ///< [k,d]: row i is component i, of length 1; its largest loading is positive
  std::vector<std::int64_t> leading;  ///< [k]: the column whose loading is largest; the first of equals
};

/// All k = min(rows, d) components of the rows of x [rows,d], by eigen-decomposition of their covariance (divided by
/// rows - 1) in double. Columns are centred and not scaled. O(rows d^2 + d^3); the same bits for any number of threads.
/// Error as moments_of.
PrincipalComponents principal_components(const Tensor& x);

}  // namespace elbow
