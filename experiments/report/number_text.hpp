#pragma once
#include <string>

#include "metrics/results.hpp"

namespace elbow {

/// A number with so many digits after the point; "-" where it is not finite.
std::string fixed(double value, int digits);

/// So many digits after the point that two of the error's count: 3 for 0.012. 4 where it is not a number.
int digits_for(double standard_error);

/// "1.25 +- 0.02"; the mean alone where its error is not finite.
std::string with_error(const Estimate& estimate, int digits);
/// The same, with as many digits as the error says (digits_for).
std::string with_error(const Estimate& estimate);

}  // namespace elbow
