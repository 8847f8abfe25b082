#include "experiments/report/selection_plots.hpp"

#include "base/error.hpp"
#include "experiments/report/figure.hpp"
#include "experiments/report/panels.hpp"

namespace elbow {
namespace {

using Step = SelectionFigures::Step;

constexpr double box_width = 0.7;  // of the distance of two bars
const char* const optimum_ring = "with points pt 6 ps 1.7 lw 1.2 lc rgb '#202020'";
const char* const error_bar = "using 1:2:3 with yerrorbars pt 7 ps 0.5 lw 1.2 lc rgb '#202020'";

std::string bar_style(const std::string& colour) {
  return "with boxes fs solid 0.6 noborder " + line_colour(colour);
}

/// Features of a wide set have names that do not fit side by side, however wide the figure.
int width_for(std::size_t ticks) { return ticks > 40 ? 2000 : 1000; }

}  // namespace

// Distortion and weighted KL add up to the loss, so their bars are stacked.
void plot_selection_steps(const SelectionFigures& selection, const std::filesystem::path& png) {
  Panel panel;
  panel.title = "Loss as features are given";
  panel.y_label = "nats per row";
  panel.integer_x = panel.y_from_zero = true;
  const auto& steps = selection.steps;
  Points loss, distortion, exact_loss, exact_distortion;
  bool other = false;  // whether another choice is better anywhere
  panel.y.include(0);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& s = steps[i];
    const double x = double(i);
    loss.push_back({x, s.losses.loss.mean, s.losses.loss.standard_error, box_width});
    distortion.push_back({x, s.losses.distortion.mean, 0, box_width});
    panel.x.include(x), panel.y.include(s.losses.loss.mean + s.losses.loss.standard_error);
    if (s.exact) {
      exact_loss.push_back({x, s.exact->loss}), exact_distortion.push_back({x, s.exact->distortion});
      panel.y.include(s.exact->loss);
    }
    const std::string better = s.exact_feature.empty() ? "" : str(" (", s.exact_feature, ")");
    panel.x_ticks.push_back({x, i == 0 ? "none" : s.feature + better});
    other |= !better.empty();
  }
  panel.x_label = other ? "newly given feature (better one)" : "newly given feature";
  const std::string kl_bar = bar_style(okabe_ito[4]), distortion_bar = bar_style(okabe_ito[0]);
  panel.draw(loss, "using 1:2:4 " + kl_bar);
  panel.draw(std::move(distortion), "using 1:2:4 " + distortion_bar);
  panel.draw(std::move(loss), error_bar);
  panel.legend = {{"distortion", distortion_bar}, {selection.beta == 1 ? "KL" : "β × KL", kl_bar}};
  if (!exact_loss.empty()) {
    const std::string small = "with points pt 6 ps 1.1 lw 1 lc rgb '#202020'";
    panel.draw(std::move(exact_loss), std::string("using 1:2 ") + optimum_ring);
    panel.draw(std::move(exact_distortion), "using 1:2 " + small);
    panel.legend.push_back({"optimum", optimum_ring});
    panel.legend.push_back({"its distortion", small});
  }
  Figure figure(width_for(steps.size()), 900);
  figure.add(panel);
  figure.save(png);
}

// Bars begin at zero, where differences between losses would be lost: they are of what a feature saves.
void plot_first_features(const SelectionFigures& selection, const std::filesystem::path& png) {
  constexpr std::size_t most = 30, last = 4;
  Panel panel;
  panel.title = "Loss saved by a single feature";
  panel.x_label = "given feature";
  panel.y_label = "nats per row";
  panel.integer_x = panel.y_from_zero = true;
  const std::size_t total = selection.first.size(), before_gap = total > most ? most - last - 1 : total;
  Points gains, exact;
  panel.y.include(0);
  for (std::size_t i = 0, place = 0; i < total; ++i, ++place) {
    if (total > most && i == before_gap) {
      panel.x_break = double(place++);
      i = total - last;
    }
    const Step& s = selection.first[i];
    const double x = double(place);
    gains.push_back({x, s.gain.mean, s.gain.standard_error, box_width});
    panel.x_ticks.push_back({x, s.feature});
    panel.x.include(x);
    for (const double side : {-1, 1}) panel.y.include(s.gain.mean + side * s.gain.standard_error);
    if (!s.exact || selection.steps.empty() || !selection.steps[0].exact) continue;
    exact.push_back({x, selection.steps[0].exact->loss - s.exact->loss});
    panel.y.include(exact.back()[1]);
  }
  const std::string bar = bar_style(okabe_ito[0]);
  panel.draw(gains, "using 1:2:4 " + bar);
  panel.draw(std::move(gains), error_bar);
  panel.legend.push_back({"model ± s.e.", bar});
  if (!exact.empty()) {
    panel.draw(std::move(exact), std::string("using 1:2 ") + optimum_ring);
    panel.legend.push_back({"optimum", optimum_ring});
  }
  Figure figure(1000, 900);
  figure.add(panel);
  figure.save(png);
}

void plot_selection_kl(const SelectionFigures& selection, const std::filesystem::path& png) {
  RunResults run;
  run.per_count = selection.kl;
  Panel panel = kl_panel(run, CountColours(run.per_count));
  panel.title = "KL of each latent, step by step";
  Figure figure(1000, 820);
  figure.add(panel);
  figure.save(png);
}

}  // namespace elbow
