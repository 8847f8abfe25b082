#pragma once
#include "metrics/moments.hpp"

namespace elbow {

/// The mean and covariance of largest likelihood of a Gaussian for the rows of x [rows,d] (float32 or float64), of which some entries
/// are missing (0 in `observed` [rows,d]), by expectation-maximisation (Dempster, Laird & Rubin 1977; Little & Rubin,
/// "Statistical Analysis with Missing Data", section 11.2). The covariance is divided by rows. Which entries are missing may depend
/// on the values of the entries that are there. It stops once no mean moves by more than `tolerance` standard deviations, and no
/// covariance by that share of the product of two, or after `most_steps` steps. A column without entries has mean 0 and
/// variance 0. The same bits for any number of threads; O(rows d^2 + patterns d^3) a step. Error if the shapes differ, there are
/// no rows, or an entry that is there is not finite.
///
/// With `prior_rows` p above 0 it is the covariance of largest posterior density under an inverse Wishart distribution: as if
/// p rows more, whose columns are independent and have the variances of the entries that are there, had been seen. Of few rows with many
/// missing entries it predicts far better.
Moments gaussian_em(const Tensor& x, const Tensor& observed, double tolerance = 1e-5, int most_steps = 200,
                    double prior_rows = 0);

/// How many rows of d columns to look at, so that a step takes a second or two even if no two rows lack the same entries: 4 d to 2^17.
std::int64_t em_rows(std::int64_t d);

/// What a Gaussian of covariance `s` [d,d] says of the columns that are not in `given` once those are known.
struct GaussianRegression {
  std::vector<std::int64_t> given, rest;
  Matrix coefficients;  ///< [rest, given]
  Matrix covariance;    ///< [rest, rest]
};
/// By the sweep operator (Beaton 1964), O(d^2 given.size()). A given column that the ones before it determine adds nothing.
GaussianRegression regression(const Matrix& s, const std::vector<bool>& given);

}  // namespace elbow
