#pragma once
#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"
#include "base/linear_algebra.hpp"

namespace elbow {

/// The squared Frechet (2-Wasserstein) distance of N(m1, S1) and N(m2, S2) (Dowson & Landau 1982; the "FID" of Heusel et
/// al. 2017, there of a network's features):
///
///   |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2),  in squared units of the data.
///
/// The covariances are symmetric positive semi-definite and may be singular: eigenvalues that are negative by rounding
/// count as 0. Error if the shapes differ, an element is not finite, or an eigenvalue is truly negative.
double frechet_distance(const std::vector<double>& m1, const Matrix& s1, const std::vector<double>& m2,
                        const Matrix& s2);

/// The distance between two samples.
struct FrechetEstimate {
  double distance = 0;        ///< of the Gaussians with the samples' means and covariances
  double standard_error = 0;  ///< by jackknife over blocks of rows
};

/// The squared Frechet distance of two sets of rows [n1,d] and [n2,d], through their means and covariances.
///
/// The standard error is a delete-a-block jackknife: the rows are cut, in their order, into `blocks` blocks; block i of
/// both sets is left out in turn, and se^2 = (blocks-1)/blocks * sum over i of (D_i - their mean)^2. As the same block of
/// both is left out it also holds where row r of one set was made from row r of the other.
///
/// The estimate is biased upwards, since scatter in either set's moments only ever sets them apart: two samples of one
/// N(m, s I) come out some (d + 5)/4 tr(s I) (1/n1 + 1/n2) apart. So compare with the distance of two samples of real
/// rows (a noise floor), and figures only at the same numbers of rows (Chong & Forsyth 2020). Down at that floor, where
/// the distance has no slope, the standard error is good to a factor of about two.
///
/// O((n1 + n2) d^2 + blocks d^3); the same bits for any number of threads. Error if the columns differ, blocks < 2, or a
/// set has fewer than two rows for each block, or as moments_of.
FrechetEstimate frechet_distance(const Tensor& a, const Tensor& b, std::int64_t blocks = 10);

/// How far the rows are from the real ones that a model makes when it is given some features.
struct FrechetPoint {
  std::int64_t given = 0;     ///< number of given features
  std::int64_t feature = -1;  ///< the index of the one that was given last; -1 where none is
  FrechetEstimate estimate;   ///< distance between generated and real rows
  double optimum = 0;         ///< of the optimal model; NaN where it is not known
};

/// That distance by the number of given features.
struct FrechetCurve {
  std::vector<FrechetPoint> points;  ///< number of given features ascending
  double floor = 0;                  ///< the distance between the two halves of the real rows
  std::int64_t rows = 0;             ///< on each side

  /// The distance with `given` features given; NaN where it was not computed.
  double at_count(std::int64_t given) const;
};

}  // namespace elbow
