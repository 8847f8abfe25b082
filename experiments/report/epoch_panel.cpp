#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "experiments/report/panels.hpp"

namespace elbow {

namespace {

struct Quantity {
  const char* title;
  Estimate (*of)(const Losses&, double beta);
  double (*optimum)(const Optimum&, double beta);
};

Quantity quantity(LossCurve curve) {
  switch (curve) {
    case LossCurve::loss:
      return {"Loss per epoch", [](const Losses& c, double) { return c.loss; },
              [](const Optimum& b, double) { return b.loss; }};
    case LossCurve::distortion:
      return {"Distortion per epoch", [](const Losses& c, double) { return c.distortion; },
              [](const Optimum& b, double) { return b.distortion; }};
    case LossCurve::weighted_kl: break;
  }
  return {"β × KL per epoch",
          [](const Losses& c, double beta) {
            return Estimate{beta * c.kl.mean, beta * c.kl.standard_error};
          },
          [](const Optimum& b, double beta) { return beta * b.kl; }};
}

/// [x, low, high]: one standard error around the mean. An unknown error is a gap in the band.
std::vector<double> within_error(double x, const Estimate& e) {
  return {x, e.mean - e.standard_error, e.mean + e.standard_error};
}

/// The highest value to show: beyond the first few epochs, the value that 19 of 20 stay below.
double highest_shown(std::vector<double> values) {
  std::erase_if(values, [](double v) { return !(v < 1e300 && v > -1e300); });
  if (values.empty()) return 1;
  std::sort(values.begin(), values.end());
  return values.size() < 20 ? values.back() : values[(values.size() - 1) * 19 / 20];
}

}  // namespace

Panel epoch_panel(const RunResults& run, LossCurve curve) {
  const Quantity shown = quantity(curve);
  Panel panel;
  panel.title = shown.title;
  panel.x_label = "epoch";
  panel.y_label = "nats per row";
  panel.integer_x = true;

  Points train, test, validation, best, train_band, test_band;
  std::vector<double> values;
  for (const auto& epoch : run.epochs) {
    const double x = double(epoch.epoch);
    const Estimate on_train = shown.of(epoch.train, run.beta), on_test = shown.of(epoch.test, run.beta);
    train.push_back({x, on_train.mean});
    test.push_back({x, on_test.mean});
    train_band.push_back(within_error(x, on_train));
    test_band.push_back(within_error(x, on_test));
    panel.x.include(x);
    if (const double mean = shown.of(epoch.validation, run.beta).mean; !std::isnan(mean)) {
      validation.push_back({x, mean});
      values.push_back(mean);
      if (run.best && run.best->epoch == epoch.epoch) best = {validation.back()};
    }
    values.insert(values.end(), {on_train.mean, on_test.mean, train_band.back()[2], test_band.back()[2]});
  }
  const double highest = highest_shown(values);
  for (double value : values) panel.y.include(std::min(value, highest));
  for (auto* band : {&train_band, &test_band})
    for (auto& row : *band)
      if (row[2] <= highest)
        panel.y.include(row[1]);
      else
        row[1] = row[2] = std::nan("");  // gnuplot would not cut it off at the right place

  // The points also show an epoch that has no neighbours to draw a line to.
  const auto n = run.epochs.size();
  const std::string points = n > 40 ? "with lines " : str("with linespoints pt 7 ps ", n > 3 ? 0.5 : 1.2, " ");
  const std::string train_style = points + line_colour(okabe_ito[4]) + " lw 1.2";
  const std::string test_style = points + line_colour(okabe_ito[0]) + " lw 1.2";
  panel.draw(train_band, "using 1:2:3 with filledcurves " + line_colour(okabe_ito[4], 0.25));
  panel.draw(test_band, "using 1:2:3 with filledcurves " + line_colour(okabe_ito[0], 0.25));
  panel.draw(train, "using 1:2 " + train_style);
  panel.draw(test, "using 1:2 " + test_style);
  panel.legend = {{"train ± s.e.", train_style}, {"test ± s.e.", test_style}};

  if (!validation.empty()) {
    const std::string style = points + line_colour(okabe_ito[2]) + " lw 1.2";
    panel.draw(validation, "using 1:2 " + style);
    const bool bound = run.best && run.best->metric == "iwae";  // lower than a loss
    panel.legend.push_back({bound ? "validation (iwae)" : "validation", style});
  }
  if (!best.empty()) {
    const std::string style = "with points pt 6 ps 1.6 lw 1.5 " + line_colour(okabe_ito[2]);
    panel.draw(best, "using 1:2 " + style);
    panel.legend.push_back({"best", style});
  }

  const double optimum = run.test.optimum ? shown.optimum(*run.test.optimum, run.beta) : no_number;
  if (std::isfinite(optimum)) {
    char text[40];
    std::snprintf(text, sizeof text, "optimum %.4g", optimum);
    panel.level(optimum, "lc rgb '#202020' lw 1 dt (14,8)", text);
  }
  return panel;
}

}  // namespace elbow
