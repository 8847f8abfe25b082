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

/// The moments of the rows of both sets together, from theirs (Chan, Golub & LeVeque, "Updating formulae and a pairwise
/// algorithm for computing sample variances", 1979). Error if their columns differ.
Moments merged(const Moments& a, const Moments& b);

}  // namespace elbow
