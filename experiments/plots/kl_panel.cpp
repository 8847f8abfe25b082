#include <algorithm>

#include "autograd/error.hpp"
#include "experiments/plots/panels.hpp"

namespace elbow {

namespace {

constexpr double floor_of_log = 1e-5;  // nats: a logarithmic axis shows what is below as this

/// The number of dimensions until all curves are below the limit.
std::size_t active_dimensions(const RunFigures& run) {
  std::size_t n = 0;
  const auto extend = [&](const std::vector<double>& kl) {
    for (std::size_t i = n; i < kl.size(); ++i)
      if (kl[i] >= run.active_kl) n = i + 1;
  };
  for (const auto& count : run.per_count) {
    extend(count.kl_per_latent);
    if (count.bound) extend(count.bound->kl_per_latent);
  }
  return n;
}

std::size_t latent_dimensions(const RunFigures& run) {
  std::size_t n = 0;
  for (const auto& count : run.per_count) n = std::max(n, count.kl_per_latent.size());
  return n;
}

Rows first_dimensions(const std::vector<double>& kl, std::size_t dimensions, double lowest) {
  Rows rows;
  for (std::size_t i = 0; i < std::min(kl.size(), dimensions); ++i)
    rows.push_back({double(i + 1), std::max(kl[i], lowest)});
  return rows;
}

void include(Panel& panel, const Rows& rows) {
  for (const auto& row : rows) panel.x.include(row[0]), panel.y.include(row[1]);
}

Panel kl_curves(const RunFigures& run, const CountColours& colours, std::size_t dimensions, bool log_y) {
  Panel panel;
  panel.title = "KL of each latent dimension";
  panel.x_label = "latent dimension, ranked by KL";
  panel.y_label = "KL (nats per row)";
  panel.integer_x = true;
  panel.log_y = log_y;
  panel.y_from_zero = !log_y;

  const bool many = dimensions > 20;
  const std::string line = many ? "with lines lw 1.4 " : "with linespoints lw 1.2 pt 7 ps 0.8 ";
  const double lowest = log_y ? floor_of_log : 0;

  bool has_bound = false;
  Panel rings;  // drawn above all curves
  for (std::size_t index : colours.chosen()) {
    const auto& count = run.per_count[index];
    const std::string colour = line_colour(colours(count.given));
    auto rows = first_dimensions(count.kl_per_latent, dimensions, lowest);
    include(panel, rows);
    panel.draw(std::move(rows), "using 1:2 " + line + colour);
    if (!count.bound) continue;
    rows = first_dimensions(count.bound->kl_per_latent, dimensions, lowest);
    // On a logarithmic axis a bound of zero has no place; the inactive dimensions of the bound are left out.
    if (log_y) std::erase_if(rows, [](const auto& row) { return row[1] <= floor_of_log; });
    include(panel, rows);
    // Few counts may share a bound: their rings lie around each other instead of one above the other.
    const double wider = run.per_count.size() > okabe_ito.size() ? 0 : 2 - double(rings.series.size());
    const double size = (many ? 1.1 : 1.9) + 0.4 * std::max(0.0, wider);
    rings.draw(std::move(rows), str("using 1:2 with points pt 6 lw 1.1 ps ", size, " ", colour));
    has_bound = true;
  }
  std::move(rings.series.begin(), rings.series.end(), std::back_inserter(panel.series));
  if (panel.y.empty()) panel.y.include(log_y ? run.active_kl : 0);

  colours.explain(panel, "with linespoints pt 7 ps 0.8 lw 1.2");
  if (has_bound) panel.legend.push_back({"bound", "with points pt 6 ps 2 lw 1.1 lc rgb '#202020'"});
  return panel;
}

}  // namespace

Panel kl_panel(const RunFigures& run, const CountColours& colours) {
  const std::size_t shown = std::max<std::size_t>(10, active_dimensions(run) + 1);
  return kl_curves(run, colours, std::min(shown, latent_dimensions(run)), false);
}

Panel kl_all_panel(const RunFigures& run, const CountColours& colours) {
  Panel panel = kl_curves(run, colours, latent_dimensions(run), true);
  panel.title = "KL of all latent dimensions";
  panel.level(run.active_kl, "lc rgb '#606060' lw 0.8 dt (4,6)", str("active above ", run.active_kl));
  return panel;
}

}  // namespace elbow
