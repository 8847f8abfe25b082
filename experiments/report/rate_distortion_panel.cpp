#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "experiments/report/panels.hpp"

namespace elbow {
namespace {

// A number as a label next to its point.
struct PlacedLabel {
  double x, y;  // the middle of the text
  double number;
  double end_x,
      end_y;  // where a line from the point to the label ends; NaN where the label lies close to its point
};

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

// Places for labels [x, y, number], each as near to its point as there is room: labels do not lie on each other, nor on
// the `obstacles` [x, y, ...], as far as that can be had. `x` and `y` are what the panel shows.
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

}  // namespace

Panel rate_distortion_panel(const RunResults& run, const CountColours& colours) {
  constexpr std::size_t all_labelled = 12, some_labelled = 9;
  Panel panel;
  panel.title = "Distortion against KL";
  panel.x_label = "KL (nats per row)";
  panel.y_label = "distortion (per row)";

  // Every count has its point; of many counts only the chosen ones have a label and an optimum, or rings would
  // cover all.
  Points points, rings, labels, obstacles;
  Panel lines;
  const auto include = [&](double kl, double distortion) {
    panel.x.include(kl), panel.y.include(distortion);
    return std::isfinite(kl) && std::isfinite(distortion);
  };
  for (const auto& count : run.per_count)
    if (include(count.kl.mean, count.distortion.mean))
      points.push_back({count.kl.mean, count.distortion.mean, colour_number(colours(count.given))});
  for (std::size_t index :
       colours.chosen(run.per_count.size() <= all_labelled ? all_labelled : some_labelled)) {
    const auto& count = run.per_count[index];
    const bool known = std::isfinite(count.kl.mean) && std::isfinite(count.distortion.mean);
    if (known) labels.push_back({count.kl.mean, count.distortion.mean, double(count.given)});
    if (!count.optimum || !include(count.optimum->kl, count.optimum->distortion)) continue;
    rings.push_back({count.optimum->kl, count.optimum->distortion, colour_number(colours(count.given))});
    if (!known) continue;
    for (const double t : {0.2, 0.4, 0.6, 0.8})  // a label lies next to the line, not on it
      obstacles.push_back({std::lerp(count.kl.mean, count.optimum->kl, t),
                           std::lerp(count.distortion.mean, count.optimum->distortion, t)});
    lines.draw({{count.kl.mean, count.distortion.mean}, {count.optimum->kl, count.optimum->distortion}},
               "using 1:2 with lines lw 0.8 " + line_colour(colours(count.given)));
  }

  for (const Points* drawn : {&points, &rings}) obstacles.insert(obstacles.end(), drawn->begin(), drawn->end());
  Points texts;
  Panel leaders;
  // A margin around the data, so that labels lie within the axes.
  panel.x = panel.x.padded(0.05), panel.y = panel.y.padded(0.05);
  const auto placed = place_labels(labels, obstacles, panel.x, panel.y);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    texts.push_back({placed[i].x, placed[i].y, placed[i].number});
    if (std::isfinite(placed[i].end_x))
      leaders.draw({{labels[i][0], labels[i][1]}, {placed[i].end_x, placed[i].end_y}},
                   "using 1:2 with lines lw 0.5 lc rgb '#808080'");
  }

  const bool has_optimum = !rings.empty();
  panel.draw(leaders);
  panel.draw(std::move(points), str("using 1:2:3 with points pt 7 ps ", run.per_count.size() > 40 ? 0.8 : 1.1,
                                    " lc rgb variable"));
  panel.draw(lines);
  panel.draw(std::move(rings), "using 1:2:3 with points pt 6 ps 2 lw 1.2 lc rgb variable");
  panel.draw(std::move(texts), "using 1:2:(sprintf('%d', $3)) with labels center tc rgb '#202020'");

  colours.explain(panel, "with points pt 7 ps 1.1");
  if (has_optimum) panel.legend.push_back({"optimum", "with points pt 6 ps 2 lw 1.2 lc rgb '#202020'"});
  return panel;
}

}  // namespace elbow
