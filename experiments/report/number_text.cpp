#include "experiments/report/number_text.hpp"

#include <cmath>
#include <cstdio>

namespace elbow {

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  std::string text(size_t(std::snprintf(nullptr, 0, "%.*f", digits, value)), ' ');
  std::snprintf(text.data(), text.size() + 1, "%.*f", digits, value);
  return text;
}

std::string with_error(const Estimate& e, int digits) {
  if (!std::isfinite(e.mean) || !std::isfinite(e.standard_error)) return fixed(e.mean, digits);
  return fixed(e.mean, digits) + " +- " + fixed(e.standard_error, digits);
}

}  // namespace elbow
