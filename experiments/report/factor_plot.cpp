#include "experiments/report/factor_plot.hpp"

#include <algorithm>
#include <cmath>

#include "experiments/report/figure.hpp"
#include "experiments/report/style.hpp"

namespace elbow {
namespace {

constexpr int64_t most_latent_columns = 24;
constexpr int64_t most_columns_with_numbers = 9, most_rows_with_numbers = 14;

/// A tick for each factor, from the top down.
std::vector<Panel::Tick> factor_ticks(const FactorMap& map) {
  std::vector<Panel::Tick> ticks;
  const auto factors = int64_t(map.scores.names.size());
  const int64_t every = (factors + 31) / 32;
  for (int64_t k = 0; k < factors; k += every)
    ticks.push_back({double(factors - 1 - k), map.scores.names[size_t(k)]});
  return ticks;
}

/// "0.42", or "-" for a number that has no meaning here.
std::string score_text(double value) { return fixed(value, 2); }

}  // namespace

double FactorMap::normalised(int64_t latent, int64_t factor) const {
  const double entropy = entropies[size_t(factor)];
  return entropy > 0 ? information(latent, factor) / entropy : no_number;
}

Panel factor_heat_map(const FactorMap& map, const std::string& title, const Matrix& values) {
  Panel panel;
  panel.title = title;
  panel.x_label = "latent, the most active first";
  panel.y_ticks = factor_ticks(map);
  panel.plain = true;
  const int64_t factors = values.cols, latents = std::min(values.rows, most_latent_columns);
  if (latents < values.rows) panel.x_label = str("the ", latents, " most active of ", values.rows, " latents");
  Points cells, on_light, on_dark;
  for (int64_t l = 0; l < latents; ++l) {
    panel.x_ticks.push_back({double(l), str("z", map.latents[size_t(l)])});
    for (int64_t k = 0; k < factors; ++k) {
      const double value = values(l, k), y = double(factors - 1 - k);
      if (!std::isfinite(value)) continue;
      cells.push_back({double(l), y, colour_number(blues(value))});
      (value > 0.55 ? on_dark : on_light).push_back({double(l), y, value});
    }
  }
  if (latents == 0) return panel;
  panel.x.include(-0.5), panel.x.include(double(latents) - 0.5);
  panel.y.include(-0.5), panel.y.include(double(factors) - 0.5);
  panel.draw(cells, "using 1:2:(0.47):(0.47):3 with boxxyerror fs solid noborder lc rgb variable");
  if (latents <= most_columns_with_numbers && factors <= most_rows_with_numbers) {
    const std::string number = "using 1:2:(sprintf('%.2f', $3)) with labels center tc rgb ";
    panel.draw(on_light, number + "'#202020'");
    panel.draw(on_dark, number + "'white'");
  }
  constexpr int slices = 50;
  panel.bar = {"0", "1", {}};
  for (int i = 0; i <= slices; ++i) panel.bar.colours.push_back(blues(double(i) / slices));
  return panel;
}

Panel informativeness_panel(const FactorMap& map) {
  const Findings::Factors& s = map.scores;
  Panel panel;
  panel.title = "Predicted from all latents";
  panel.x_label = "R² on held-out rows";
  panel.y_ticks = factor_ticks(map);
  panel.plain = true;
  Points numbers, classes, values;
  const auto factors = int64_t(s.names.size());
  for (int64_t k = 0; k < factors; ++k) {
    const double score = s.informativeness[size_t(k)], y = double(factors - 1 - k);
    if (!std::isfinite(score)) continue;
    (map.categorical[size_t(k)] ? classes : numbers)
        .push_back({std::max(score, 0.0) / 2, y, std::max(score, 0.0) / 2});
    values.push_back({std::max(score, 0.0), y, score});
  }
  panel.x.include(0), panel.x.include(1.15);
  panel.y.include(-0.5), panel.y.include(double(factors) - 0.5);
  const std::string bars = "using 1:2:3:(0.28) with boxxyerror fs solid 0.75 noborder ";
  if (numbers.empty())
    panel.x_label = "accuracy on held-out rows";
  else if (!classes.empty())
    panel.x_label = "R² of numbers, accuracy of classes (orange)";
  const std::string information = (s.shows_all() ? "I(x; z) " : "I(x; z) ≥ ") + score_text(s.information.mean);
  panel.legend_label =
      (std::isfinite(s.information.mean) ? information + ", " : "") + "KL " + score_text(s.kl) + " nats";
  panel.draw(std::move(numbers), bars + line_colour(okabe_ito[0]));
  panel.draw(std::move(classes), bars + line_colour(okabe_ito[1]));
  if (factors <= 24)
    panel.draw(std::move(values), "using 1:2:(sprintf(' %.2f', $3)) with labels left tc rgb '#202020'");
  return panel;
}

void plot_factors(const FactorMap& map, const std::filesystem::path& png) {
  const Findings::Factors& s = map.scores;
  Matrix shares(map.information.rows, map.information.cols);
  for (int64_t l = 0; l < shares.rows; ++l)
    for (int64_t k = 0; k < shares.cols; ++k) shares(l, k) = map.normalised(l, k);
  Figure figure(3000, 820, 1, 3);
  Panel information = factor_heat_map(map, "Mutual information / entropy", shares);
  information.legend_label = "MIG " + score_text(s.gap);
  figure.add(information);
  Panel importance = factor_heat_map(map, "Importance in a random forest", map.importance);
  importance.legend_label = "D " + score_text(s.disentanglement) + ", C " + score_text(s.completeness);
  figure.add(importance);
  figure.add(informativeness_panel(map));
  figure.save(png);
}

}  // namespace elbow
