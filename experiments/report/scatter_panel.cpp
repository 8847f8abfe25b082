#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "experiments/report/panels.hpp"

namespace elbow {

namespace {

constexpr std::size_t most_points = 4000;

struct Group {
  std::int64_t given = 0;
  Points points;
  double spread = 0;  ///< mean squared distance from the origin
};

/// The position of the i-th row's point in a strip of unit distance around its number (count or class). The points are
/// spread evenly over the strip (by the golden ratio), because there is no second latent.
double in_strip(std::int64_t given, std::size_t i) {
  return double(given) + 0.7 * (std::fmod(0.6180339887498949 * double(i), 1.0) - 0.5);
}

/// The points of each count, the widest cloud first: drawn in this order, no cloud hides a smaller one.
std::vector<Group> groups_of(const LatentScatter& scatter) {
  std::map<std::int64_t, Group> by_count;
  const bool plane = scatter.dimension_y.has_value();
  std::size_t n = std::min(scatter.x.size(), scatter.given.size());
  if (plane) n = std::min(n, scatter.y.size());
  for (std::size_t i = 0; i < n; ++i) {
    Group& group = by_count[scatter.given[i]];
    const double x = scatter.x[i], y = plane ? scatter.y[i] : in_strip(scatter.given[i], i);
    group.points.push_back({x, y});
    group.spread += x * x + y * y;
  }
  std::vector<Group> groups;
  for (auto& [given, group] : by_count) {
    group.given = given;
    group.spread /= double(group.points.size());
    groups.push_back(std::move(group));
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.spread > b.spread; });
  return groups;
}

/// The size to which large groups are cut so that about `most_points` stay: the rarer counts keep all of
/// theirs.
std::size_t group_limit(const std::vector<Group>& groups) {
  std::vector<std::size_t> sizes;
  for (const auto& group : groups) sizes.push_back(group.points.size());
  std::sort(sizes.begin(), sizes.end());
  std::size_t left = most_points;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::size_t share = std::max<std::size_t>(1, left / (sizes.size() - i));
    if (sizes[i] > share) return share;
    left -= sizes[i];
  }
  return most_points;
}

}  // namespace

Panel scatter_panel(const RunResults& run, const CountColours& colours) {
  Panel panel;
  panel.title = "Latent means of test rows";
  panel.x_label = str("posterior mean of latent ", run.scatter.dimension_x);
  panel.equal_axes = run.scatter.dimension_y.has_value();
  if (run.scatter.dimension_y)
    panel.y_label = str("posterior mean of latent ", *run.scatter.dimension_y);
  else  // a strip for each
    panel.y_label = run.per_count.empty() ? "class of the row" : "number of given columns";

  const auto groups = groups_of(run.scatter);
  const std::size_t limit = group_limit(groups);
  Points points;  // of all groups: in a wide set nearly every row may have its own count
  for (const auto& group : groups) {
    const std::size_t n = group.points.size(), kept = std::min(n, limit);
    const double colour = colour_number(colours(group.given), 0.6);
    for (std::size_t i = 0; i < kept; ++i) {
      const auto& point = group.points[i * n / kept];
      panel.x.include(point[0]), panel.y.include(point[1]);
      points.push_back({point[0], point[1], colour});
    }
  }
  panel.draw(std::move(points), "using 1:2:3 with points pt 7 ps 0.55 lc rgb variable");
  colours.explain(panel, "with points pt 7 ps 1.6");
  return panel;
}

}  // namespace elbow
