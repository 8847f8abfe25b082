#include "experiments/report/latent_space_plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "data/csv.hpp"
#include "experiments/report/figure.hpp"
#include "experiments/report/style.hpp"

namespace elbow {
namespace {

/// How a coordinate becomes a colour: that of its class, or viridis.
class Colours {
 public:
  explicit Colours(const LatentSpace& space) : space_(space) {
    for (const double c : space.coordinate) range_.include(c);
  }

  /// "#rrggbb"
  std::string operator()(double coordinate) const {
    if (space_.classes > 0) return class_colour(std::int64_t(coordinate), space_.classes);
    const double length = range_.high - range_.low;
    return viridis(length > 0 ? (coordinate - range_.low) / length : 0);
  }

  /// Says above a panel which colour is what.
  void explain(Panel& panel) const {
    panel.legend_label = space_.classes > 0 ? "class:" : "coordinate:";
    if (few()) {
      for (std::int64_t k = 0; k < space_.classes; ++k)
        panel.legend.push_back({space_.class_names.empty() ? str(k) : space_.class_names[std::size_t(k)],
                                "with points pt 7 ps 1.2 " + line_colour((*this)(double(k)))});
    } else if (!range_.empty()) {
      constexpr int slices = 60;
      panel.bar = {rounded(range_.low), rounded(range_.high), {}};
      for (int i = 0; i <= slices; ++i)
        panel.bar.colours.push_back((*this)(std::lerp(range_.low, range_.high, double(i) / slices)));
    }
  }

 private:
  bool few() const { return space_.classes > 0 && space_.classes <= std::int64_t(petroff.size()); }
  static std::string rounded(double value) { return to_text(std::round(value * 100) / 100); }

  const LatentSpace& space_;
  Panel::Range range_;
};

/// Points at (x[r], y[r]) in the colour of row r.
void draw_points(Panel& panel, const LatentSpace& space, const std::vector<double>& x,
                 const std::vector<double>& y) {
  const Colours colours(space);
  Points points;
  for (std::size_t r = 0; r < space.rows.size(); ++r) {
    points.push_back({x[r], y[r], colour_number(colours(space.coordinate[r]))});
    panel.x.include(x[r]), panel.y.include(y[r]);
  }
  panel.draw(std::move(points), "using 1:2:3 with points pt 7 ps 0.5 lc rgb variable");
}

std::string latent_label(std::int64_t dimension, double kl) {
  char text[80];
  std::snprintf(text, sizeof text, "mean of latent %d (KL %.2f nats)", int(dimension), kl);
  return text;
}

}  // namespace

Panel data_panel(const LatentSpace& space, std::size_t column_x, std::size_t column_y) {
  Panel panel;
  panel.title = "Data";
  panel.x_label = space.column_names[column_x];
  panel.y_label = space.column_names[column_y];
  panel.equal_axes = space.data.size() == 2;  // with more columns, each may have its own unit
  draw_points(panel, space, space.data[column_x], space.data[column_y]);
  Colours(space).explain(panel);
  return panel;
}

Panel latent_panel(const LatentSpace& space, const LatentSpace::Encoded& k) {
  Panel panel;
  panel.title = "Latent means, " + k.given_names;
  panel.x_label = latent_label(k.dimension_x, k.kl_x);
  if (k.dimension_y >= 0) panel.y_label = latent_label(k.dimension_y, k.kl_y);
  panel.equal_axes = true;
  draw_points(panel, space, k.x, k.y);
  // Where nothing is encoded all means are near 0: that is to be seen, not their noise.
  for (const double corner : {-2.0, 2.0}) panel.x.include(corner), panel.y.include(corner);
  return panel;
}

void plot_latent_space(const LatentSpace& space, const LatentSpace::Encoded& encoded,
                       const std::filesystem::path& png) {
  const std::size_t views = std::clamp<std::size_t>(space.data.size(), 2, 3) - 1;
  Figure figure(int(1000 * (views + 1)), 1000, 1, int(views + 1));
  for (std::size_t column = 1; column <= views; ++column)
    figure.add(data_panel(space, 0, std::min(column, space.data.size() - 1)));
  figure.add(latent_panel(space, encoded));
  figure.save(png);
}

}  // namespace elbow
