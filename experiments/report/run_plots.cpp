#include "experiments/report/run_plots.hpp"

#include "experiments/report/figure.hpp"
#include "experiments/report/panels.hpp"

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

}  // namespace elbow
