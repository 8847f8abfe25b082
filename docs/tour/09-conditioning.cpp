// Chapter 9 of the tour: one model for every subset of given columns, against the exact answer. Uses Elbow's library.
#include "09-conditioning.hpp"

#include "nn/nn.hpp"
#include "tour.hpp"

using namespace elbow;

/// Draws from p(x | given columns of `point`): z from the prior, through the decoder, plus its noise.
inline Tensor sample(Model& model, const std::array<double, columns>& point, int subset, int64_t rows) {
  const Tensor x =
      broadcast_to(Tensor::from<float>({point.begin(), point.end()}, {1, columns}), {rows, columns});
  const Tensor c = condition_of(x, mask_of(subset, rows)), z = normal({1, 3, 0}, {rows, columns});
  return model.decoder(concat(z, c, 1)) + std::sqrt(beta / 2) * normal({1, 3, 1}, {rows, columns});
}

inline constexpr std::array<double, columns> point{1, 0.4, -0.6};

inline void draw(const std::string& folder, Model& model) {
  std::string data, plots;
  for (const int subset : {0, 1, 5}) {  // of x1: nothing, x0, x0 and x2 given
    const auto [mean, deviation] = exact_conditional(point, subset, 1);
    const int64_t rows = 100000;
    const Tensor drawn = sample(model, point, subset, rows);
    std::vector<std::vector<double>> bins;
    for (double at = -2.95; at < 3; at += 0.1) {
      const double t = (at - mean) / deviation;
      bins.push_back({at, 0, std::exp(-0.5 * t * t) / (deviation * std::sqrt(2 * std::numbers::pi))});
    }
    for (int64_t i = 0; i < rows; ++i) {
      const double bin = std::floor((drawn.at(i, 1) + 3) * 10);
      if (bin >= 0 && bin < 60) bins[size_t(bin)][1] += 10 / double(rows);
    }
    const std::string n = std::to_string(subset);
    data += tour::datablock("b" + n, bins);
    plots += "set title 'x1, given " + name_of(subset) + "'\nplot $b" + n +
             " using 1:2 with boxes fs solid 0.35 noborder lc rgb " + tour::blue + " title 'the model', $b" +
             n + " using 1:3 with lines lw 2 lc rgb " + tour::red + " title 'exact'\n";
  }
  tour::draw(
      folder, "09-conditionals", 960, 300,
      data + "set multiplot layout 1,3\nset xrange [-3:3]; set yrange [0:1.2]; set key top left samplen 1\n" +
          plots);
}

int main(int argc, char** argv) {
  Model model;
  train(model, 8000);
  std::puts("                 at (1, 0.4, -0.6), a withheld column:");
  std::puts("given       x      mean   exact    deviation  exact    gap of the bound, nats");
  bool close = true, above = true;
  for (int subset = 0; subset < 7; ++subset) {
    const int column = is_given(subset, 1) ? is_given(subset, 0) ? 2 : 0 : 1;
    const Tensor drawn = sample(model, point, subset, 20000)(all, column);
    const double mean_drawn = mean(drawn).item(), deviation = std::sqrt(variance(drawn).item());
    const auto [exact, exact_deviation] = exact_conditional(point, subset, column);
    const Estimate gap = gap_of(model, subset);
    std::printf("%-10s  x%d  %7.2f  %6.2f      %7.2f  %5.2f    %.3f +- %.3f\n", name_of(subset).c_str(), column,
                mean_drawn, exact, deviation, exact_deviation, gap.mean, gap.standard_error);
    close = close && std::abs(mean_drawn - exact) < 0.15 && std::abs(deviation - exact_deviation) < 0.15;
    above = above && gap.mean > -4 * gap.standard_error && gap.mean < 0.15;
  }
  tour::check("means and deviations are near the exact ones", close);
  tour::check("no bound is above the exact density, none far below", above);

  Model specialist;
  train(specialist, 8000, [](int64_t rows, const RandomKey&) { return mask_of(1, rows); });
  std::puts("\na model that was only ever given x0:");
  for (const int subset : {1, 0, 5})
    std::printf("given %-8s gap %.2f\n", name_of(subset).c_str(), gap_of(specialist, subset).mean);
  tour::check("it answers what it was trained for", gap_of(specialist, 1).mean < 0.1);
  tour::check("and nothing else", gap_of(specialist, 0).mean > 0.5 && gap_of(specialist, 5).mean > 0.5);
  if (argc > 1) draw(argv[1], model);
  return tour::failures;
}
