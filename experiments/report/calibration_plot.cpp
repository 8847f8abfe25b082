#include "experiments/report/calibration_plot.hpp"

#include <algorithm>

#include "experiments/report/figure.hpp"
#include "experiments/report/style.hpp"

namespace elbow {
namespace {

Panel pit_panel(const PitHistogram& h, double highest) {
  Panel panel;
  panel.title = h.title;
  panel.x_label = "where the truth stands among the draws";
  panel.y_label = "density";
  panel.y_from_zero = true;
  panel.x.include(0), panel.x.include(1);
  panel.y.include(0), panel.y.include(highest);
  const double width = 1 / double(h.density.size());
  Points bars;
  for (std::size_t b = 0; b < h.density.size(); ++b) bars.push_back({(double(b) + 0.5) * width, h.density[b]});
  const std::string band = "with filledcurves lc rgb '#dddddd'",
                    flat = "with lines lw 1 dt (14,8) lc rgb '#202020'";
  const std::string filled = "with boxes fs solid 1 noborder " + line_colour(okabe_ito[0], 0.4);
  panel.draw({{0, std::max(0.0, 1 - h.band), 1 + h.band}, {1, std::max(0.0, 1 - h.band), 1 + h.band}},
             "using 1:2:3 " + band);
  panel.draw(bars, str("using 1:2:(", width, ") ", filled));
  panel.draw(bars, "using 1:2 with histeps lw 1.4 " + line_colour(okabe_ito[0]));
  panel.draw({{0, 1}, {1, 1}}, "using 1:2 " + flat);
  panel.legend = {{"model", filled},
                  {"range if calibrated", "with boxes fs solid 1 noborder lc rgb '#dddddd'"}};
  return panel;
}

}  // namespace

void plot_calibration(const std::vector<PitHistogram>& histograms, const std::filesystem::path& png) {
  const int n = int(std::min<std::size_t>(6, histograms.size()));
  const int columns = n <= 3 ? n : n == 4 ? 2 : 3, rows = (n + columns - 1) / std::max(1, columns);
  double highest = 0;  // one scale for all panels
  for (const PitHistogram& h : histograms) {
    highest = std::max(highest, 1 + h.band);
    for (const double density : h.density) highest = std::max(highest, density);
  }
  Figure figure(1000 * columns, 820 * rows, rows, columns);
  for (int i = 0; i < n; ++i) figure.add(pit_panel(histograms[std::size_t(i)], highest));
  figure.save(png);
}

}  // namespace elbow
