#include <cmath>

#include "base/error.hpp"
#include "experiments/report/label_places.hpp"
#include "experiments/report/panels.hpp"

namespace elbow {

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
