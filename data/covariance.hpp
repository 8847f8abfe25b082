#pragma once
#include <cstdint>

#include "autograd/random.hpp"
#include "base/linear_algebra.hpp"

namespace elbow {

/// A factor L of a random correlation matrix R = L L^T, [d, d]: R is positive definite with a unit diagonal.
/// Its canonical vine (Lewandowski, Kurowicka, Joe, "Generating random correlation matrices based on vines and
/// extended onion method", 2009, section 2.4) has partial correlations drawn independently from Beta(1,1) on
/// (-1, 1): those of columns k and i > k given columns 0..k-1. At last the columns are put in a random order,
/// so that none is special. (This is not the uniform distribution over correlation matrices, whose partial correlations
/// of tree k have the distribution Beta((d-k)/2, (d-k)/2), k = 0, 1, ....)
Matrix random_correlation_factor(int64_t d, const RandomKey& partial_correlations, const RandomKey& order);

/// A lower triangular factor L of a symmetric positive semi-definite `a` [n, n], a = L L^T, of any rank. Error
/// if `a` is not square, symmetric and positive semi-definite, up to rounding.
Matrix cholesky(const Matrix& a);

/// L L^T.
Matrix covariance_of(const Matrix& factor);

}  // namespace elbow
