#include "experiments/report/panel.hpp"

#include <algorithm>
#include <cmath>

namespace elbow {

void Panel::Range::include(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

Panel::Range Panel::Range::padded(double fraction) const {
  if (empty()) return {0, 1};
  const double length = high - low;
  const double room = length > 1e-9 * std::abs(high) ? length * fraction : std::max(0.5 * std::abs(high), 0.05);
  return {low - room, high + room};
}

void Panel::level(double at, const std::string& style, const std::string& text) {
  y.include(at);
  levels.push_back({at, style});
  legend.push_back({text, "with lines " + style});
}

}  // namespace elbow
