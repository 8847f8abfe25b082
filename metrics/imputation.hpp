#pragma once
#include "metrics/gaussian_em.hpp"

namespace elbow {

/// @name Simple imputations
/// x [rows,d] float32, of which entries are missing (0 in `observed` [rows,d]). What comes back is x with every missing entry filled, float32.
/// A categorical value is a group of one-hot columns: its imputation is the group's, probabilities or shares, of which the
/// largest names the category. Scale the columns before, as all of them treat their units alike.
/// @{

/// The mean of each column over `donors` [n,d] that have it; 0 where none has.
Tensor mean_imputation(const Tensor& x, const Tensor& observed, const Tensor& donors,
                       const Tensor& donors_observed);

/// The mean of the `neighbours` nearest donors that have the entry. Near is the nan-Euclidean distance, sqrt(d / c * sum of squares)
/// over the c columns that both have; of equal ones the first donor counts. Fewer donors are as good; without any that shares a
/// column it is the mean. As scikit-learn's KNNImputer with uniform weights, fitted to the donors.
/// O(rows n d).
Tensor nearest_neighbour_imputation(const Tensor& x, const Tensor& observed, const Tensor& donors,
                                    const Tensor& donors_observed, int64_t neighbours);

/// The mean given what the row has, under a Gaussian with these moments, and the standard deviations of what is missing (0 elsewhere).
struct GaussianImputation {
  Tensor values, deviations;  ///< [rows,d] float32
};
GaussianImputation gaussian_imputation(const Tensor& x, const Tensor& observed, const Moments& moments);

/// How many rows the prior of gaussian_em should count as: that of 1, 3, 10, ..., 1000 under which a fifth of the entries that are there, in
/// a pattern that is always the same, is predicted best from the others. Scale the columns to variance 1 before.
double best_prior_rows(const Tensor& x, const Tensor& observed);
/// @}

}  // namespace elbow
