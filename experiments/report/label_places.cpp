#include "experiments/report/label_places.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace elbow {
namespace {

// All lengths are shares of the width and height of a panel.
constexpr double digit_width = 0.024, text_height = 0.05;
constexpr double marker = 0.014;  // how far a marker reaches from its point
constexpr double distances[] = {0.022, 0.055, 0.09, 0.13, 0.17};
constexpr int directions = 16;

struct TextBox {
  double x, y, width, height;  // x, y: the middle
};

bool overlap(const TextBox& a, const TextBox& b) {
  return std::abs(a.x - b.x) < (a.width + b.width) / 2 && std::abs(a.y - b.y) < (a.height + b.height) / 2;
}

bool inside_panel(const TextBox& a) {
  return a.x - a.width / 2 > 0 && a.x + a.width / 2 < 1 && a.y - a.height / 2 > 0 && a.y + a.height / 2 < 1;
}

}  // namespace

std::vector<PlacedLabel> place_labels(const Points& labels, const Points& obstacles, const Panel::Range& x,
                                      const Panel::Range& y) {
  const double width = x.high - x.low, height = y.high - y.low;
  std::vector<TextBox> taken;
  for (const auto& point : obstacles)
    taken.push_back({(point[0] - x.low) / width, (point[1] - y.low) / height, 2 * marker, 2 * marker});
  std::vector<PlacedLabel> placed;
  for (const auto& label : labels) {
    const double at_x = (label[0] - x.low) / width, at_y = (label[1] - y.low) / height;
    TextBox best{at_x, at_y, digit_width * double(str(label[2]).size()), text_height};
    PlacedLabel result{};
    auto fewest = taken.size() + 1;
    for (const double distance : distances)
      for (int d = 0; d < directions && fewest > 0; ++d) {  // the first to the right of the point
        const double angle = 2 * std::numbers::pi * d / directions, c = std::cos(angle), s = std::sin(angle);
        const TextBox box{at_x + c * (best.width / 2 + distance), at_y + s * (best.height / 2 + distance),
                          best.width, best.height};
        const auto covered = std::size_t(std::ranges::count_if(
                                 taken, [&](const TextBox& other) { return overlap(box, other); })) +
                             !inside_panel(box);
        if (covered >= fewest) continue;
        fewest = covered, best = box;
        const double reach = distance > distances[0] ? distance : std::nan("");
        result.end_x = x.low + width * (at_x + c * reach), result.end_y = y.low + height * (at_y + s * reach);
      }
    taken.push_back(best);
    result.x = x.low + width * best.x, result.y = y.low + height * best.y, result.number = label[2];
    placed.push_back(result);
  }
  return placed;
}

}  // namespace elbow
