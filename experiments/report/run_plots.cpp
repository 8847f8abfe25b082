#include "experiments/report/run_plots.hpp"

#include <algorithm>

#include "experiments/report/figure.hpp"
#include "experiments/report/panels.hpp"
#include "experiments/report/style.hpp"

namespace elbow {

void plot_encoding_test(const RunResults& run, const std::filesystem::path& png,
                        const std::vector<std::string>& class_names) {
  // Where there are no counts, the points of the scatter plot are coloured by class.
  const CountColours colours = run.per_count.empty() ? CountColours(class_names) : CountColours(run.per_count);
  const bool by_count = !run.per_count.empty() || run.epochs.empty();
  Figure figure(2000, by_count ? 1640 : 820, by_count ? 2 : 1, 2);
  figure.add(epoch_panel(run, LossCurve::loss));
  figure.add(scatter_panel(run, colours));
  if (!by_count) return figure.save(png);  // a condition without counts has no more to show
  figure.add(kl_panel(run, colours));
  figure.add(rate_distortion_panel(run, colours));
  figure.save(png);
}

void plot_elbo(const RunResults& run, const std::filesystem::path& png) {
  Figure figure(3000, 820, 1, 3);
  for (LossCurve curve : {LossCurve::loss, LossCurve::distortion, LossCurve::weighted_kl})
    figure.add(epoch_panel(run, curve));
  figure.save(png);
}

void plot_kld_vs_dimension(const RunResults& run, const std::filesystem::path& png) {
  Figure figure(1000, 820);
  figure.add(kl_all_panel(run, CountColours(run.per_count)));
  figure.save(png);
}

namespace {

const char* const ring = "with points pt 6 ps 2 lw 1.2 lc rgb '#202020'";

/// The components that are shown: all of few; of many, those up to 99.9 % of the variance, but at least forty.
std::size_t shown_components(const PrincipalComponents& pca) {
  const std::size_t n = pca.ratios.size();
  double sum = 0;
  std::size_t shown = 0;
  while (shown < n && (shown < 40 || sum < 0.999)) sum += pca.ratios[shown++];
  return shown;
}

Panel variance_panel(const PrincipalComponents& pca, const std::vector<double>& exact, std::size_t shown) {
  Panel panel;
  panel.title = "Variance along each component";
  panel.x_label = "principal component";
  panel.y_label = "variance";
  panel.integer_x = panel.y_from_zero = true;
  Points bars, rings;
  for (std::size_t i = 0; i < shown; ++i) {
    bars.push_back({double(i), pca.variances[i]});
    if (i < exact.size()) rings.push_back({double(i), exact[i]});
    panel.x.include(double(i)), panel.y.include(pca.variances[i]);
    if (i < exact.size()) panel.y.include(exact[i]);
  }
  panel.y.include(0);
  const std::string boxes = "with boxes fs solid 0.55 noborder " + line_colour(okabe_ito[0]);
  panel.draw(bars, "using 1:2:(0.7) " + boxes);
  panel.draw(rings, std::string("using 1:2 ") + ring);
  panel.legend.push_back({"test rows", boxes});
  if (!rings.empty()) panel.legend.push_back({"exact", ring});
  return panel;
}

Panel cumulative_panel(const PrincipalComponents& pca, std::size_t shown) {
  Panel panel;
  panel.title = "Share of the variance explained";
  panel.x_label = "components taken together";
  panel.y_label = "share of the total variance";
  panel.integer_x = panel.y_from_zero = true;
  Points points{{0, 0}};
  double sum = 0;
  for (std::size_t i = 0; i < shown; ++i) points.push_back({double(i + 1), sum += pca.ratios[i]});
  panel.x.include(0), panel.x.include(double(shown));
  panel.y.include(0), panel.y.include(1);
  panel.draw(points, str("using 1:2 with linespoints pt 7 ps ", shown > 40 ? 0.6 : 1.1, " lw 1.2 ",
                         line_colour(okabe_ito[0])));
  return panel;
}

}  // namespace

void plot_pca(const PrincipalComponents& pca, const std::vector<double>& exact,
              const std::filesystem::path& png) {
  const std::size_t shown = shown_components(pca);
  Figure figure(2000, 820, 1, 2);
  figure.add(variance_panel(pca, exact, shown));
  figure.add(cumulative_panel(pca, shown));
  figure.save(png);
}

void plot_frechet(const std::vector<FrechetPoint>& points, double floor, const std::string& x_label,
                  const std::filesystem::path& png) {
  Panel panel;
  panel.title = "Generated against real rows";
  panel.x_label = x_label;
  panel.y_label = "squared Fréchet distance";
  panel.integer_x = panel.log_y = true;
  Points model, bars, optimum;
  for (const FrechetPoint& p : points) {
    const double x = double(p.given), y = p.estimate.distance, error = p.estimate.standard_error;
    panel.x.include(x);
    if (y > 0) {  // zero has no place on a logarithmic axis
      panel.y.include(y);
      model.push_back({x, y});
      bars.push_back({x, y, std::max(y - error, y / 100), y + error});
    }
    if (p.optimum > 0.1 * floor) {  // far below what can be distinguished from 0 it would only stretch the axis
      panel.y.include(p.optimum);
      optimum.push_back({x, p.optimum});
    }
  }
  const std::string line = "with linespoints pt 7 ps 1.1 lw 1.2 " + line_colour(okabe_ito[0]);
  panel.draw(bars, "using 1:2:3:4 with yerrorbars ps 0 lw 1.2 " + line_colour(okabe_ito[0]));
  panel.draw(model, "using 1:2 " + line);
  panel.draw(optimum, std::string("using 1:2 ") + ring);
  panel.legend.push_back({"model ± s.e.", line});
  if (!optimum.empty()) panel.legend.push_back({"optimal model", ring});
  if (floor > 0) panel.level(floor, "lc rgb '#202020' lw 1 dt (14,8)", "noise floor: real against real");
  Figure figure(1000, 820);
  figure.add(panel);
  figure.save(png);
}

}  // namespace elbow
