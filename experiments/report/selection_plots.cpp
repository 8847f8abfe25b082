#include "experiments/report/selection_plots.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "experiments/report/figure.hpp"
#include "experiments/report/panels.hpp"

namespace elbow {
namespace {

using Step = SelectionFigures::Step;

/// One of the three losses: how it is read off a step and off the optimum, and its name and colour.
struct SelectionCurve {
  std::string name, colour;
  Estimate (*of)(const Losses& losses, double beta);
  double (*exact)(const Optimum& optimum, double beta);
};

std::vector<SelectionCurve> curves(double beta) {
  return {{"loss", okabe_ito[0], [](const Losses& c, double) { return c.loss; },
           [](const Optimum& b, double) { return b.loss; }},
          {"distortion", okabe_ito[1], [](const Losses& c, double) { return c.distortion; },
           [](const Optimum& b, double) { return b.distortion; }},
          {beta == 1 ? "KL" : "β × KL", okabe_ito[2],
           [](const Losses& c, double beta) {
             return Estimate{beta * c.kl.mean, beta * c.kl.standard_error};
           },
           [](const Optimum& b, double beta) { return beta * b.kl; }}};
}

/// Features of a wide set have names that do not fit side by side, however wide the figure.
int width_for(std::size_t ticks) { return ticks > 40 ? 2400 : 1400; }

void draw_curve(Panel& panel, const SelectionCurve& q, const std::vector<Step>& steps, double beta) {
  Points band, line, exact;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double x = double(i);
    const Estimate e = q.of(steps[i].losses, beta);
    band.push_back({x, e.mean - e.standard_error, e.mean + e.standard_error});
    line.push_back({x, e.mean});
    panel.x.include(x), panel.y.include(band.back()[1]), panel.y.include(band.back()[2]);
    if (!steps[i].exact) continue;
    exact.push_back({x, q.exact(*steps[i].exact, beta)});
    panel.y.include(exact.back()[1]);
  }
  const std::string style =
      str(steps.size() > 40 ? "with linespoints pt 7 ps 0.5 " : "with linespoints pt 7 ps 0.9 ",
          line_colour(q.colour), " lw 1.2");
  panel.draw(band, "using 1:2:3 with filledcurves " + line_colour(q.colour, 0.25));
  panel.draw(line, "using 1:2 " + style);
  panel.draw(exact, "using 1:2 with linespoints pt 6 ps 1.9 lw 1.1 dt (8,6) " + line_colour(q.colour));
  panel.legend.push_back({q.name, style});
}

}  // namespace

void plot_selection_steps(const SelectionFigures& selection, const std::filesystem::path& png) {
  Panel panel;
  panel.title = "Cost as features are given in greedy order";
  panel.y_label = "nats per row";
  panel.integer_x = true;
  panel.y_from_zero = true;
  const auto& steps = selection.steps;
  for (const SelectionCurve& q : curves(selection.beta)) draw_curve(panel, q, steps, selection.beta);
  const bool exact = !steps.empty() && steps[0].exact.has_value();
  if (exact)
    panel.legend.push_back(
        {"exact order at the optimum", "with linespoints pt 6 ps 1.9 lw 1.1 dt (8,6) lc rgb '#202020'"});
  bool other = false;  // whether another choice is better anywhere
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& s = steps[i];
    const std::string better = s.exact_feature.empty() ? "" : str(" (", s.exact_feature, ")");
    panel.x_ticks.push_back({double(i), i == 0 ? "none" : s.feature + better});
    other |= !better.empty();
  }
  panel.x_label = other ? "newly given feature (in brackets: that of the exact order, where it is better)"
                        : "newly given feature";
  Figure figure(width_for(steps.size()), 980);
  figure.add(panel);
  figure.save(png);
}

void plot_first_features(const SelectionFigures& selection, const std::filesystem::path& png) {
  constexpr std::size_t most = 30, last = 4;
  Panel panel;
  panel.title = "Loss with a single feature given, the most useful first";
  panel.x_label = "feature";
  panel.y_label = "nats per row";
  panel.integer_x = true;
  const std::size_t total = selection.first.size(), before_gap = total > most ? most - last - 1 : total;
  Points loss, distortion, exact;
  for (std::size_t i = 0, place = 0; i < total; ++i, ++place) {
    if (total > most && i == before_gap) {
      panel.x_break = double(place++);
      loss.push_back({panel.x_break, std::nan(""), std::nan("")});
      distortion.push_back(loss.back());
      i = total - last;
    }
    const Step& s = selection.first[i];
    const double x = double(place);
    // The error is that of the difference to nothing given, on the same rows: what the order rests on.
    loss.push_back({x, s.losses.loss.mean, s.gain.standard_error});
    distortion.push_back({x, s.losses.distortion.mean, s.losses.distortion.standard_error});
    panel.x_ticks.push_back({x, s.feature});
    panel.x.include(x), panel.y.include(s.losses.loss.mean), panel.y.include(s.losses.distortion.mean);
    if (!s.exact) continue;
    exact.push_back({x, s.exact->loss});
    panel.y.include(s.exact->loss);
  }
  const std::string line = "with lines lw 1.2 ", bars = "with yerrorbars pt 7 ps 0.9 lw 1.2 ";
  const auto draw = [&](const Points& rows, const std::string& colour, const std::string& name) {
    panel.draw(rows, "using 1:2 " + line + line_colour(colour));
    panel.draw(rows, "using 1:2:3 " + bars + line_colour(colour));
    panel.legend.push_back({name, "with linespoints pt 7 ps 0.9 lw 1.2 " + line_colour(colour)});
  };
  draw(loss, okabe_ito[0], "loss ± s.e. of the gain");
  draw(distortion, okabe_ito[1], "distortion ± s.e.");
  if (!exact.empty()) {
    const std::string rings = "with points pt 6 ps 2 lw 1.2 " + line_colour(okabe_ito[0]);
    panel.draw(exact, "using 1:2 " + rings);
    panel.legend.push_back({"optimum", rings});
  }
  if (!selection.steps.empty())
    panel.level(selection.steps[0].losses.loss.mean, "lc rgb '#606060' lw 0.8 dt (4,6)", "nothing given");
  Figure figure(1400, 980);
  figure.add(panel);
  figure.save(png);
}

void plot_selection_kl(const SelectionFigures& selection, const std::filesystem::path& png) {
  RunResults run;
  run.per_count = selection.kl;
  Panel panel = kl_panel(run, CountColours(run.per_count));
  panel.title = "KL of each latent dimension as features are given in greedy order";
  Figure figure(1400, 880);
  figure.add(panel);
  figure.save(png);
}

}  // namespace elbow
