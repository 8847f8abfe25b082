#pragma once
#include <string>

#include "metrics/results.hpp"

namespace elbow {

/// A number with so many digits after the point; "-" where it is not finite.
std::string fixed(double value, int digits);

/// "1.25 +- 0.02"; the mean alone where its error is not finite.
std::string with_error(const Estimate& estimate, int digits);

}  // namespace elbow
