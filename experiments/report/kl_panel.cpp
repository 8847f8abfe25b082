#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "experiments/report/panels.hpp"

namespace elbow {

namespace {

constexpr double floor_of_log = 1e-5;   // nats: where a logarithmic axis ends, with triangles for what is below
constexpr std::size_t most_shown = 54;  // latent dimensions; of more, some in the middle are left out
constexpr std::size_t last_shown = 4;   // beyond the gap

/// The number of dimensions until all curves are below the limit.
std::size_t active_dimensions(const RunResults& run) {
  std::size_t n = 0;
  const auto extend = [&](const std::vector<double>& kl) {
    for (std::size_t i = n; i < kl.size(); ++i)
      if (kl[i] >= run.active_kl) n = i + 1;
  };
  for (const auto& count : run.per_count) {
    extend(count.kl_per_latent);
    if (count.optimum) extend(count.optimum->kl_per_latent);
  }
  return n;
}

std::size_t latent_dimensions(const RunResults& run) {
  std::size_t n = 0;
  for (const auto& count : run.per_count) n = std::max(n, count.kl_per_latent.size());
  return n;
}

/// Which dimensions are shown, and where: the first ones at 1, 2, 3, ..., and beyond a gap, if there is one, the last.
struct ShownDimensions {
  std::size_t first, total;
  bool gap() const { return first < total; }
  /// The dimension at the i-th place from the left, from 0; at the place `first` of a broken axis is the gap.
  std::size_t at(std::size_t place) const {
    return place <= first ? place : total - last_shown + (place - first - 1);
  }
  std::size_t places() const { return gap() ? first + 1 + last_shown : first; }
};

/// Where values lie below the end of a logarithmic axis.
Points below_floor(const std::vector<double>& kl, const ShownDimensions& shown) {
  Points rows;
  for (std::size_t place = 0; place < shown.places(); ++place) {
    const bool in_gap = shown.gap() && place == shown.first;
    if (!in_gap && shown.at(place) < kl.size() && kl[shown.at(place)] < floor_of_log)
      rows.push_back({double(place + 1), floor_of_log});
  }
  return rows;
}

Points points_of(const std::vector<double>& kl, const ShownDimensions& shown, double lowest) {
  Points rows;
  for (std::size_t place = 0; place < shown.places(); ++place) {
    if (shown.gap() && place == shown.first)
      rows.push_back({double(place + 1), std::nan("")});  // the line stops here
    else if (shown.at(place) < kl.size())
      rows.push_back({double(place + 1), std::max(kl[shown.at(place)], lowest)});
  }
  return rows;
}

/// Numbers under all dimensions; of many under 1, 10, 20, ... and the last.
std::vector<Panel::Tick> ticks_around_gap(const ShownDimensions& shown) {
  const bool all = shown.first <= 20;
  std::vector<Panel::Tick> ticks;
  for (std::size_t place = 0; place < shown.places(); ++place) {
    const std::size_t number = shown.at(place) + 1;
    const bool round = number == 1 || number == shown.total || (place < shown.first && number % 10 == 0);
    if (place != shown.first && (all || round)) ticks.push_back({double(place + 1), str(number)});
  }
  return ticks;
}

void include(Panel& panel, const Points& rows) {
  for (const auto& row : rows) panel.x.include(row[0]), panel.y.include(row[1]);
}

Panel kl_curves(const RunResults& run, const CountColours& colours, const ShownDimensions& shown, bool log_y) {
  Panel panel;
  panel.title = "KL of each latent dimension";
  panel.x_label = "latent dimension, ranked by KL";
  panel.y_label = "KL (nats per row)";
  panel.integer_x = true;
  panel.log_y = log_y;
  panel.y_from_zero = !log_y;
  if (shown.gap()) {
    panel.x_ticks = ticks_around_gap(shown);
    panel.x_break = double(shown.first + 1);
  }

  const bool many = shown.places() > 20;
  const std::string line = many ? "with lines lw 1.4 " : "with linespoints lw 1.2 pt 7 ps 0.8 ";
  const double lowest = log_y ? floor_of_log : 0;

  const std::string triangle = "with points pt 10 ps 1.4 lw 1.2 ";
  int rings_drawn = 0;
  bool has_below = false;
  Panel rings;  // drawn above all curves
  for (std::size_t index : colours.chosen()) {
    const auto& count = run.per_count[index];
    const std::string colour = line_colour(colours(count.given));
    auto rows = points_of(count.kl_per_latent, shown, lowest);
    include(panel, rows);
    panel.draw(std::move(rows), "using 1:2 " + line + colour);
    if (log_y) {
      rows = below_floor(count.kl_per_latent, shown);
      has_below |= !rows.empty();
      rings.draw(std::move(rows), "using 1:2 " + triangle + colour);
    }
    if (!count.optimum || count.optimum->kl_per_latent.empty()) continue;
    rows = points_of(count.optimum->kl_per_latent, shown, lowest);
    // On a logarithmic axis zero has no place: the inactive dimensions of the optimum are left out.
    if (log_y) std::erase_if(rows, [](const auto& row) { return row[1] <= floor_of_log; });
    include(panel, rows);
    // Few counts may share an optimum: their rings lie around each other instead of one above the other.
    const double wider = run.per_count.size() > okabe_ito.size() ? 0 : 2 - double(rings_drawn++);
    const double size = (many ? 1.1 : 1.9) + 0.4 * std::max(0.0, wider);
    rings.draw(std::move(rows), str("using 1:2 with points pt 6 lw 1.1 ps ", size, " ", colour));
  }
  panel.draw(rings);
  if (panel.y.empty()) panel.y.include(log_y ? run.active_kl : 0);

  colours.explain(panel, "with linespoints pt 7 ps 0.8 lw 1.2");
  if (rings_drawn > 0) panel.legend.push_back({"optimum", "with points pt 6 ps 2 lw 1.1 lc rgb '#202020'"});
  if (has_below) panel.legend.push_back({"below 0.00001", triangle + "lc rgb '#202020'"});
  return panel;
}

}  // namespace

Panel kl_panel(const RunResults& run, const CountColours& colours) {
  const std::size_t shown =
      std::min(std::max<std::size_t>(10, active_dimensions(run) + 1), latent_dimensions(run));
  return kl_curves(run, colours, {shown, shown}, false);
}

Panel kl_all_panel(const RunResults& run, const CountColours& colours) {
  const std::size_t total = latent_dimensions(run);
  std::size_t first = total;
  if (total > most_shown) first = std::max<std::size_t>(10, active_dimensions(run) + 4);
  if (first + last_shown + 1 >= total) first = total;  // no gap for nothing
  Panel panel = kl_curves(run, colours, {first, total}, true);
  panel.title = "KL of all latent dimensions";
  panel.level(run.active_kl, "lc rgb '#202020' lw 1.2 dt (4,7)", str("active above ", run.active_kl));
  return panel;
}

}  // namespace elbow
