#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "experiments/report/panels.hpp"

namespace elbow {
namespace {

/// The labels [x, y, count] that have room: in the order of their counts, each that is not too near one that already
/// stands, and the last in any case. Nearness is told in shares of the panel's width and height.
Points labels_with_room(const Points& labels, const Panel::Range& x, const Panel::Range& y) {
  constexpr double width = 0.05, height = 0.05;  // of a label of two digits, with some room
  const auto meet = [&](const auto& a, const auto& b) {
    return std::abs(a[0] - b[0]) < width * (x.high - x.low) &&
           std::abs(a[1] - b[1]) < height * (y.high - y.low);
  };
  Points kept;
  for (const auto& label : labels) {
    if (&label == &labels.back()) std::erase_if(kept, [&](const auto& other) { return meet(other, label); });
    if (std::none_of(kept.begin(), kept.end(), [&](const auto& other) { return meet(other, label); }))
      kept.push_back(label);
  }
  return kept;
}

}  // namespace

Panel rate_distortion_panel(const RunResults& run, const CountColours& colours) {
  Panel panel;
  panel.title = "Distortion against KL";
  panel.x_label = "KL (nats per row)";
  panel.y_label = "distortion (per row)";

  // Every count has its point; of many counts only the chosen ones have a label and an optimum, or rings would
  // cover all.
  Points points, labels;
  Panel lines, rings;
  for (const auto& count : run.per_count) {
    panel.x.include(count.kl.mean), panel.y.include(count.distortion.mean);
    points.push_back({count.kl.mean, count.distortion.mean, colour_number(colours(count.given))});
  }
  panel.draw(std::move(points), str("using 1:2:3 with points pt 7 ps ", run.per_count.size() > 40 ? 0.8 : 1.1,
                                    " lc rgb variable"));
  for (std::size_t index : colours.chosen()) {
    const auto& count = run.per_count[index];
    const std::string colour = line_colour(colours(count.given));
    const double kl = count.kl.mean, distortion = count.distortion.mean;
    if (std::isfinite(kl)) labels.push_back({kl, distortion, double(count.given)});
    if (!count.optimum) continue;
    panel.x.include(count.optimum->kl), panel.y.include(count.optimum->distortion);
    lines.draw({{kl, distortion}, {count.optimum->kl, count.optimum->distortion}},
               "using 1:2 with lines lw 0.8 " + colour);
    rings.draw({{count.optimum->kl, count.optimum->distortion}},
               "using 1:2 with points pt 6 ps 2 lw 1.2 " + colour);
  }
  const bool has_optimum = !rings.series.empty();
  for (auto* layer : {&lines, &rings}) panel.draw(*layer);
  if (!panel.x.empty()) panel.x.include(0), panel.y.include(0);
  panel.draw(labels_with_room(labels, panel.x, panel.y),
             "using 1:2:(sprintf('%d', $3)) with labels left offset 1.1,0 tc rgb '#202020'");

  colours.explain(panel, "with points pt 7 ps 1.1");
  if (has_optimum) panel.legend.push_back({"bound", "with points pt 6 ps 2 lw 1.2 lc rgb '#202020'"});
  return panel;
}

}  // namespace elbow
