#include "experiments/plots/run_plots.hpp"

#include "experiments/plots/figure.hpp"
#include "experiments/plots/panels.hpp"

namespace elbow {

void plot_encoding_test(const RunFigures& run, const std::filesystem::path& png) {
  const CountColours colours(run.per_count);
  Figure figure(2000, 1640, 2, 2);
  figure.add(epoch_panel(run, Cost::loss));
  figure.add(scatter_panel(run, colours));
  figure.add(kl_panel(run, colours));
  figure.add(rate_distortion_panel(run, colours));
  figure.save(png);
}

void plot_elbo(const RunFigures& run, const std::filesystem::path& png) {
  Figure figure(2400, 780, 1, 3);
  for (Cost cost : {Cost::loss, Cost::distortion, Cost::weighted_kl}) figure.add(epoch_panel(run, cost));
  figure.save(png);
}

void plot_kld_vs_dimension(const RunFigures& run, const std::filesystem::path& png) {
  Figure figure(1400, 880);
  figure.add(kl_all_panel(run, CountColours(run.per_count)));
  figure.save(png);
}

}  // namespace elbow
