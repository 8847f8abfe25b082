#include "experiments/runs/compare/comparison.hpp"

#include <algorithm>
#include <cmath>

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

namespace {

Panel rate_distortion_axes(const std::string& title) {
  Panel panel;
  panel.title = title;
  panel.x_label = "KL (nats per row)";
  panel.y_label = "distortion (per row)";
  return panel;
}

// The curve that no model can be below. It adds nothing to what must be visible.
void draw_frontier(Panel& panel, const OptimumCurve& curve) {
  Points rows;
  for (const auto& point : curve.points) rows.push_back({point.all.kl, point.all.distortion});
  if (rows.empty()) return;
  panel.draw(rows, "using 1:2 with lines " + optimum_line);
  panel.legend.push_back({"optimum", "with lines " + optimum_line});
}

struct CountMean {
  int64_t given;
  double kl, distortion, optimum_kl, optimum_distortion;
};

// Means over the runs of a group, by the number of given columns: of those that each of its runs has.
std::vector<CountMean> count_means(const Comparison& c, const RunGroup& group) {
  std::vector<CountMean> means;
  for (const CountResult& count : c.runs[group.runs[0]].per_count) {
    const int64_t n = count.given;
    const bool everywhere = std::all_of(group.runs.begin(), group.runs.end(),
                                        [&](std::size_t run) { return c.runs[run].at_count(n); });
    if (!everywhere) continue;
    const auto mean = [&](auto of) {
      return over_runs(c, group, [&](const FinishedRun& run) { return of(*run.at_count(n)); }).mean;
    };
    means.push_back({n, mean([](const CountResult& r) { return r.kl.mean; }),
                     mean([](const CountResult& r) { return r.distortion.mean; }),
                     mean([](const CountResult& r) { return r.optimum ? r.optimum->kl : no_number; }),
                     mean([](const CountResult& r) { return r.optimum ? r.optimum->distortion : no_number; })});
  }
  return means;
}

// The number of first epochs that may be cut off, so that the end of a training can be seen.
std::size_t skipped(const FinishedRun& run) {
  return run.epochs.size() > 8 ? 2 : run.epochs.size() > 3 ? 1 : 0;
}

}  // namespace

Panel by_count_panel(const Comparison& c) {
  Panel panel = rate_distortion_axes("Distortion against KL, by given columns");
  const GroupStyle style(c);
  bool bounds = false;
  Panel above;
  for (std::size_t g = 0; g < c.groups.size(); ++g) {
    Points model, optimum;
    for (const CountMean& m : count_means(c, c.groups[g])) {
      model.push_back({m.kl, m.distortion, double(m.given)});
      if (std::isfinite(m.optimum_kl)) optimum.push_back({m.optimum_kl, m.optimum_distortion});
      for (double x : {m.kl, m.optimum_kl}) panel.x.include(x);
      for (double y : {m.distortion, m.optimum_distortion}) panel.y.include(y);
    }
    bounds = bounds || !optimum.empty();
    panel.draw(optimum, "using 1:2 with linespoints pt 6 ps 2 lw 1 dt (10,7) " + style.colour(g));
    above.draw(model, "using 1:2 with linespoints ps 1.1 lw 1.4 " + style.point(g) + " " + style.colour(g));
    if (c.groups.size() <= 2)
      above.draw(model, "using 1:2:(sprintf('%d', $3)) with labels left offset 1.1,-0.4 tc rgb '#202020'");
  }
  panel.draw(above);
  style.explain(panel);
  if (bounds) panel.legend.push_back({"optimum", "with linespoints pt 6 ps 2 lw 1 dt (10,7) lc rgb '#202020'"});
  return panel;
}

Panel total_panel(const Comparison& c, const OptimumCurve& curve) {
  Panel panel = rate_distortion_axes("Distortion against KL, whole test set");
  const GroupStyle style(c);
  style.explain(panel);
  draw_frontier(panel, curve);
  bool rings = false;
  for (std::size_t g = 0; g < c.groups.size(); ++g)
    for (const std::size_t run : c.groups[g].runs) {
      const Losses& test = c.runs[run].test;
      const auto& optimum = c.runs[run].test.optimum;
      panel.x.include(test.kl.mean), panel.y.include(test.distortion.mean);
      const auto error = [](const Estimate& e) {
        return std::isfinite(e.standard_error) ? e.standard_error : 0;
      };
      panel.draw({{test.kl.mean, test.distortion.mean, error(test.kl), error(test.distortion)}},
                 "using 1:2:3:4 with xyerrorbars ps 1.2 lw 1 " + style.point(g) + " " + style.colour(g));
      if (!optimum) continue;
      rings = true;
      panel.x.include(optimum->kl), panel.y.include(optimum->distortion);
      panel.draw({{optimum->kl, optimum->distortion}},
                 "using 1:2 with points pt 6 ps 2.2 lw 1.2 " + style.colour(g));
    }
  if (rings) panel.legend.push_back({"optimum of each", "with points pt 6 ps 2.2 lw 1.2 lc rgb '#202020'"});
  return panel;
}

Panel path_panel(const Comparison& c, const OptimumCurve& curve) {
  Panel panel = rate_distortion_axes("Distortion against KL, epoch by epoch");
  const GroupStyle style(c);
  style.explain(panel);
  draw_frontier(panel, curve);
  Panel ends;
  for (std::size_t g = 0; g < c.groups.size(); ++g)
    for (const std::size_t run : c.groups[g].runs) {
      const auto& epochs = c.runs[run].epochs;
      Points path;
      for (std::size_t i = 0; i < epochs.size(); ++i) {
        const Losses& test = epochs[i].test;
        path.push_back({test.kl.mean, test.distortion.mean});
        if (i >= skipped(c.runs[run])) panel.x.include(test.kl.mean), panel.y.include(test.distortion.mean);
      }
      if (path.empty()) continue;
      panel.draw(path, "using 1:2 with linespoints pt 7 ps 0.35 lw 0.8 " + style.colour(g));
      ends.draw({path.back()}, "using 1:2 with points ps 1.4 " + style.point(g) + " " + style.colour(g));
    }
  panel.draw(ends);
  return panel;
}

Panel loss_panel(const Comparison& c) {
  Panel panel;
  panel.title = "Test loss per epoch";
  panel.x_label = "epoch";
  panel.y_label = "nats per row";
  panel.integer_x = true;
  const GroupStyle style(c);
  for (std::size_t g = 0; g < c.groups.size(); ++g)
    for (const std::size_t run : c.groups[g].runs) {
      const auto& epochs = c.runs[run].epochs;
      Points rows;
      for (std::size_t i = 0; i < epochs.size(); ++i) {
        rows.push_back({double(epochs[i].epoch), epochs[i].test.loss.mean});
        panel.x.include(double(epochs[i].epoch));
        if (i >= skipped(c.runs[run])) panel.y.include(epochs[i].test.loss.mean);
      }
      panel.draw(rows, "using 1:2 with linespoints pt 7 ps 0.35 lw 1 " + style.colour(g));
    }
  style.explain(panel);
  return panel;
}

Panel fid_panel(const Comparison& c) {
  Panel panel;
  panel.title = "Fréchet distance by given columns";
  panel.x_label = "given columns";
  panel.y_label = "Fréchet distance";
  panel.integer_x = true;
  panel.y_from_zero = true;
  const GroupStyle style(c);
  for (std::size_t g = 0; g < c.groups.size(); ++g)
    for (const std::size_t run : c.groups[g].runs) {
      Points rows;
      for (const FrechetPoint& p : c.runs[run].findings.frechet.points) {
        rows.push_back({double(p.given), p.estimate.distance});
        panel.x.include(double(p.given)), panel.y.include(p.estimate.distance);
      }
      panel.draw(rows, "using 1:2 with linespoints ps 1.1 lw 1.2 " + style.point(g) + " " + style.colour(g));
    }
  style.explain(panel);
  return panel;
}

}  // namespace elbow
