#include "experiments/report/number_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace elbow {

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  std::string text(size_t(std::snprintf(nullptr, 0, "%.*f", digits, value)), ' ');
  std::snprintf(text.data(), text.size() + 1, "%.*f", digits, value);
  return text;
}

int digits_for(double standard_error) {
  if (!std::isfinite(standard_error) || standard_error <= 0) return 4;
  return int(std::clamp(std::ceil(-std::log10(standard_error)) + 1, 0.0, 6.0));
}

std::string with_error(const Estimate& e, int digits) {
  if (!std::isfinite(e.mean) || !std::isfinite(e.standard_error)) return fixed(e.mean, digits);
  return fixed(e.mean, digits) + " +- " + fixed(e.standard_error, digits);
}

std::string with_error(const Estimate& e) { return with_error(e, digits_for(e.standard_error)); }

}  // namespace elbow
