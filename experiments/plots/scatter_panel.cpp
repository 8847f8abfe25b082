#include <algorithm>
#include <map>

#include "autograd/error.hpp"
#include "experiments/plots/panels.hpp"

namespace elbow {

namespace {

constexpr std::size_t most_points = 4000;

struct Group {
  std::int64_t given = 0;
  Rows points;
  double spread = 0;  ///< mean squared distance from the origin
};

/// The points of each count, the widest cloud first: drawn in this order, no cloud hides a smaller one.
std::vector<Group> groups_of(const LatentScatter& scatter) {
  std::map<std::int64_t, Group> by_count;
  const std::size_t n = std::min({scatter.x.size(), scatter.y.size(), scatter.given.size()});
  for (std::size_t i = 0; i < n; ++i) {
    Group& group = by_count[scatter.given[i]];
    const double x = scatter.x[i], y = scatter.y[i];
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

Panel scatter_panel(const RunFigures& run, const CountColours& colours) {
  Panel panel;
  panel.title = "Latent means of test rows";
  panel.x_label = str("posterior mean of latent ", run.scatter.dimension_x);
  panel.y_label = str("posterior mean of latent ", run.scatter.dimension_y);
  panel.equal_axes = true;

  const auto groups = groups_of(run.scatter);
  const std::size_t limit = group_limit(groups);
  for (const auto& group : groups) {
    const std::size_t n = group.points.size(), kept = std::min(n, limit);
    Rows points;
    for (std::size_t i = 0; i < kept; ++i) points.push_back(group.points[i * n / kept]);
    for (const auto& point : points) panel.x.include(point[0]), panel.y.include(point[1]);
    panel.draw(std::move(points),
               "using 1:2 with points pt 7 ps 0.55 " + line_colour(colours(group.given), 0.6));
  }
  colours.explain(panel, "with points pt 7 ps 1.2");
  return panel;
}

}  // namespace elbow
