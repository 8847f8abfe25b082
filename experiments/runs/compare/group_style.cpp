#include "experiments/runs/compare/group_style.hpp"

#include "base/error.hpp"
#include "experiments/report/style.hpp"

namespace elbow {

std::string setting_name(const std::string& key) { return key == "loss.beta" ? "β" : key; }

bool GroupStyle::scale() const { return comparison_.ordered && comparison_.groups.size() > okabe_ito.size(); }

std::string GroupStyle::colour(std::size_t group, double opacity) const {
  const double last = double(comparison_.groups.size() - 1);
  return line_colour(scale() ? viridis(double(group) / last) : okabe_ito[group % okabe_ito.size()], opacity);
}

std::string GroupStyle::point(std::size_t group) const {
  static const int shapes[] = {7, 5, 9, 13, 11};  // circle, square, triangles, diamond: all filled
  return str("pt ", scale() ? shapes[0] : shapes[group / okabe_ito.size() % std::size(shapes)]);
}

void GroupStyle::explain(Panel& panel) const {
  const auto& groups = comparison_.groups;
  if (!comparison_.group_key.empty()) panel.legend_label = setting_name(comparison_.group_key) + ":";
  if (scale()) {
    panel.bar = {groups.front().label, groups.back().label, {}};
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const std::string text = colour(g);  // lc rgb '#00rrggbb'
      panel.bar.colours.push_back("#" + text.substr(text.find('#') + 3, 6));
    }
    return;
  }
  for (std::size_t g = 0; g < groups.size(); ++g)
    panel.legend.push_back({groups[g].label, "with linespoints ps 1.1 lw 1.2 " + point(g) + " " + colour(g)});
}

}  // namespace elbow
