#pragma once
#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"
#include "base/linear_algebra.hpp"

namespace elbow {

/// Mean and covariance of `rows` rows.
struct Moments {
  std::int64_t rows = 0;
  std::vector<double> mean;  ///< [d]
  Matrix covariance;         ///< [d,d], divided by rows - 1 (unbiased); symmetric to the last bit

  std::int64_t columns() const { return std::int64_t(mean.size()); }
};

/// The moments of the rows of x [rows,d], float32 or float64. All sums are in double and in a fixed order, so that the
/// bits do not depend on the number of threads; O(rows d^2). Error if x is not a matrix of at least two rows and one
/// column, or has a non-finite element.
Moments moments_of(const Tensor& x);

/// The same where entries are missing (0 in `observed` [rows,d]): the mean of a column over its entries that are there, the
/// covariance of two columns over the rows that have both (available cases), and of the result the nearest matrix without
/// negative eigenvalues. A column without entries has mean and variance 0.
Moments observed_moments(const Tensor& x, const Tensor& observed);

/// The moments of the rows of both sets together, from theirs (Chan, Golub & LeVeque, "Updating formulae and a pairwise
/// algorithm for computing sample variances", 1979). Error if their columns differ.
Moments merged(const Moments& a, const Moments& b);

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
