#pragma once
#include <cstdint>
#include <span>

namespace elbow {

/// @name Scores of imputed values against the values that were hidden
/// NaN where there is no value.
/// @{

/// The standard deviation of values, n in the denominator; those that are NaN are left out.
double standard_deviation(std::span<const double> values);
/// The root mean square error of `imputed` [n] for `truth` [n], divided by `unit`. With the standard deviation of all true values of
/// the column as the unit it is the NRMSE of Ivanov, Figurnov & Vetrov (2019, "Variational autoencoder with arbitrary conditioning"),
/// 1 where the mean of the column is imputed. NaN for a unit of 0.
double normalised_rmse(std::span<const double> imputed, std::span<const double> truth, double unit);
/// The mean absolute error, divided by `unit` in the same way.
double normalised_mae(std::span<const double> imputed, std::span<const double> truth, double unit);
/// The proportion falsely classified (PFC): the share of categories [n] that differ (Stekhoven & Buehlmann 2012).
double falsely_classified(std::span<const int32_t> imputed, std::span<const int32_t> truth);
/// The mean of those values that are numbers.
double mean_of_numbers(std::span<const double> values);
/// @}

}  // namespace elbow
