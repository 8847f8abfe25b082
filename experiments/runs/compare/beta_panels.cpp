#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "base/error.hpp"
#include "experiments/report/style.hpp"
#include "experiments/runs/compare/comparison.hpp"

namespace elbow {
namespace {

// What one of these panels shows: of a run, with its error; of a run's optimum; of the curve of optima.
struct Quantity {
  std::string title, y_label;
  std::function<Estimate(const FinishedRun&)> of;
  std::function<double(const FinishedRun&)> optimum;
  std::function<double(const OptimumCurve::Point&)> curve;
};

Quantity quantity(AgainstBeta what) {
  using Run = FinishedRun;
  using Point = OptimumCurve::Point;
  const std::string beta = setting_name("loss.beta");
  switch (what) {
    case AgainstBeta::loss:
      return {"Loss against " + beta, "distortion + " + beta + " KL (nats per row)",
              [](const Run& r) { return r.test.loss; },
              [](const Run& r) { return r.test.optimum ? r.test.optimum->loss : no_number; },
              [](const Point& p) { return p.all.loss; }};
    case AgainstBeta::excess:
      return {"Loss above the optimum",
              "excess (nats per row)",
              [](const Run& r) {
                return r.test.excess.value_or(Estimate{no_number, no_number});
              },
              [](const Run&) { return no_number; },
              {}};
    case AgainstBeta::kl:
      return {"KL against " + beta, "KL (nats per row)", [](const Run& r) { return r.test.kl; },
              [](const Run& r) { return r.test.optimum ? r.test.optimum->kl : no_number; },
              [](const Point& p) { return p.all.kl; }};
    case AgainstBeta::active_at_0:
      return {"Active latents, nothing given", "active latents",
              [](const Run& r) {
                const CountResult* count = r.at_count(0);
                return Estimate{count ? count->active : no_number, no_number};
              },
              [](const Run& r) {
                const CountResult* count = r.at_count(0);
                return count && count->optimum ? count->optimum->active : no_number;
              },
              [](const Point& p) { return p.active_at_0; }};
    case AgainstBeta::active: break;
  }
  return {"Active latents, mean over the masks", "active latents",
          [](const Run& r) {
            return Estimate{r.test.active, no_number};
          },
          [](const Run& r) { return r.test.optimum ? r.test.optimum->active : no_number; },
          [](const Point& p) { return p.all.active; }};
}

Panel::Range betas_of(const Comparison& c) {
  Panel::Range range;
  for (const FinishedRun& run : c.runs) range.include(run.beta);
  return range;
}

std::string series_colour(std::size_t series, double opacity = 1) {
  return line_colour(okabe_ito[series % okabe_ito.size()], opacity);
}

// The optimum: a line where it is known for every beta, else the circles of the single runs.
void draw_optimum(Panel& panel, const Comparison& c, const OptimumCurve& curve, const Quantity& shown) {
  Points line, rings;
  const Panel::Range betas = betas_of(c);
  if (shown.curve)
    for (const auto& point : curve.points)
      if (point.beta <= betas.high && point.beta >= betas.low) {
        line.push_back({point.beta, shown.curve(point)});
        panel.y.include(line.back()[1]);
      }
  for (const FinishedRun& run : c.runs)
    if (const double optimum = shown.optimum(run); line.empty() && std::isfinite(optimum)) {
      rings.push_back({run.beta, optimum});
      panel.y.include(optimum);
    }
  const std::string line_style = "with lines " + optimum_line,
                    ring_style = "with points pt 6 ps 2 lw 1.2 lc rgb '#202020'";
  if (!line.empty()) panel.legend.push_back({"optimum", line_style});
  if (!rings.empty()) panel.legend.push_back({"optimum", ring_style});
  panel.draw(line, "using 1:2 " + line_style);
  panel.draw(rings, "using 1:2 " + ring_style);
}

}  // namespace

Panel beta_panel(const Comparison& c, const OptimumCurve& curve, AgainstBeta what) {
  const Quantity shown = quantity(what);
  Panel panel;
  panel.title = shown.title;
  panel.x_label = setting_name("loss.beta");
  panel.y_label = shown.y_label;
  panel.y_from_zero = what == AgainstBeta::active || what == AgainstBeta::active_at_0;
  if (c.series.size() > 1)
    for (std::size_t s = 0; s < c.series.size(); ++s)
      panel.legend.push_back({c.series[s], "with points pt 7 ps 1.2 " + series_colour(s)});
  if (what == AgainstBeta::excess) panel.level(0, optimum_line, "optimum");
  draw_optimum(panel, c, curve, shown);

  std::vector<Points> means(c.series.size());  // {beta, mean, standard error}
  for (const RunGroup& group : c.groups) {
    Estimate e = over_runs(c, group, [&](const FinishedRun& run) { return shown.of(run).mean; });
    if (group.size() == 1) e = shown.of(c.runs[group.runs[0]]);
    if (!std::isfinite(e.mean)) continue;
    const double error = std::isfinite(e.standard_error) ? e.standard_error : 0;
    panel.x.include(group.beta), panel.y.include(e.mean - error), panel.y.include(e.mean + error);
    means[group.series].push_back({group.beta, e.mean, error});
    if (group.size() == 1) continue;
    for (const std::size_t run : group.runs) {
      const double value = shown.of(c.runs[run]).mean;
      panel.y.include(value);
      panel.draw({{group.beta, value}},
                 "using 1:2 with points pt 7 ps 0.7 " + series_colour(group.series, 0.45));
    }
  }
  for (std::size_t s = 0; s < means.size(); ++s) {
    std::sort(means[s].begin(), means[s].end());
    const bool errors =
        std::any_of(means[s].begin(), means[s].end(), [](const auto& row) { return row[2] > 0; });
    if (errors) panel.draw(means[s], "using 1:2:3 with yerrorbars pt 7 ps 1.2 lw 1.2 " + series_colour(s));
    panel.draw(means[s], "using 1:2 with points pt 7 ps 1.2 " + series_colour(s));
    if (c.series.size() > 1 || means[s].empty()) continue;
    panel.legend.insert(panel.legend.begin(), {!errors          ? "model"
                                               : c.seeds_vary() ? "model ± s.e. over seeds"
                                                                : "model ± s.e.",
                                               "with points pt 7 ps 1.2 " + series_colour(s)});
  }
  return panel;
}

Panel fid_beta_panel(const Comparison& c) {
  Panel panel;
  panel.title = "Fréchet distance against " + setting_name("loss.beta");
  panel.x_label = setting_name("loss.beta");
  panel.y_label = "Fréchet distance";
  panel.y_from_zero = true;
  std::set<int64_t> counts;
  for (const FinishedRun& run : c.runs)
    for (const FrechetPoint& p : run.findings.frechet.points) counts.insert(p.given);
  std::vector<int64_t> chosen;  // one for each colour, evenly spread
  const std::vector<int64_t> all(counts.begin(), counts.end());
  const std::size_t most = std::min(all.size(), okabe_ito.size());
  for (std::size_t i = 0; i < most; ++i)
    chosen.push_back(all[most == 1 ? 0 : i * (all.size() - 1) / (most - 1)]);

  panel.legend_label = "given:";
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::string style = "with linespoints pt 7 ps 1.1 lw 1.2 " + series_colour(i);
    panel.legend.push_back({str(chosen[i]), style});
    for (std::size_t s = 0; s < c.series.size(); ++s) {
      Points rows;
      for (const RunGroup& group : c.groups) {
        const double fid = over_runs(c, group, [&](const FinishedRun& run) {
                             return run.findings.frechet.at_count(chosen[i]);
                           }).mean;
        if (group.series != s || !std::isfinite(fid)) continue;
        rows.push_back({group.beta, fid});
        panel.x.include(group.beta), panel.y.include(fid);
      }
      std::sort(rows.begin(), rows.end());
      panel.draw(rows, "using 1:2 " + style);
    }
  }
  return panel;
}

}  // namespace elbow
