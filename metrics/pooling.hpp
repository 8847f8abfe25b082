#pragma once
#include <cstdint>
#include <vector>

namespace elbow {

/// An estimate from several imputed tables, by Rubin's rules (Rubin 1987).
struct PooledEstimate {
  double estimate = 0;             ///< the mean over the tables
  double within = 0, between = 0;  ///< mean variance of an estimate; variance of the estimates, over m - 1
  double total = 0;                ///< within + (1 + 1/m) between: the variance of `estimate`
  double degrees = 0;              ///< of freedom, for small samples (Barnard & Rubin 1999)
  double low = 0, high = 0;        ///< the 95% interval of Student's t distribution; NaN without degrees
  double missing_information = 0;  ///< the fraction of the information that is missing (Rubin 1987, 3.1.10)
};

/// Pools the estimates of m tables with their variances (squared standard errors). `complete_degrees`: the degrees of freedom
/// without missing values, such as rows - 1. Error unless there are at least two estimates, and as many variances.
PooledEstimate pooled(const std::vector<double>& estimates, const std::vector<double>& variances,
                      double complete_degrees);

/// The regularised incomplete beta function I_x(a, b), a and b > 0; `rest` = 1 - x, which for x near 1 says more than x.
double incomplete_beta(double a, double b, double x, double rest);

/// The t for which Student's t distribution with these degrees of freedom (> 0, also fractions) has the probability p between
/// -t and t, 0 < p < 1.
double student_interval(double p, double degrees);

}  // namespace elbow
