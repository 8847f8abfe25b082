#include "experiments/story/story.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "cvae/sampling.hpp"
#include "experiments/report/figure.hpp"
#include "experiments/report/style.hpp"

namespace elbow {
namespace {

constexpr std::size_t shown_codes = 4000;  // more of them hide each other

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void add_circles(Panel& panel) {
  for (const double radius : {1.0, 2.0}) {
    Points circle;
    for (int i = 0; i <= 120; ++i) {
      const double angle = 2 * std::numbers::pi * i / 120;
      circle.push_back({radius * std::cos(angle), radius * std::sin(angle)});
    }
    const std::string style = str("with lines lw 2.5 lc rgb '#000000'", radius == 1 ? " dt (6,4)" : "");
    panel.draw(std::move(circle), "using 1:2 " + style);
    panel.legend.push_back({str("N(0, I): ", radius == 1 ? "1 sd" : "2 sd"), style});
  }
}

// The number of each class at the median of its codes, on a pale disc: it says again what the colours say.
void add_numbers(Panel& panel, const Codes& codes, int32_t classes) {
  Points places;
  for (int32_t k = 0; k < classes; ++k) {
    std::vector<double> x, y;
    for (std::size_t r = 0; r < codes.label.size(); ++r)
      if (codes.label[r] == k) x.push_back(codes.x[r]), y.push_back(codes.y[r]);
    if (!x.empty()) places.push_back({median(x), median(y), double(k)});
  }
  panel.draw(places, "using 1:2 with points pt 7 ps 3.4 lc rgb '#30ffffff'");
  panel.draw(places, "using 1:2:(sprintf('{/:Bold %d}', $3)) with labels tc rgb '#000000'");
}

// Axes of one unit that show N(0, I).
Panel empty_panel(const std::string& title) {
  Panel panel;
  panel.title = title;
  panel.x_label = "latent 0", panel.y_label = "latent 1";
  panel.equal_axes = true;
  for (const double at : {-3.0, 3.0}) panel.x.include(at), panel.y.include(at);
  return panel;
}

Panel codes_panel(const StoryRuns& runs, const Codes& codes, bool told_classes) {
  const int32_t classes = runs.classes().classes();
  Panel panel = empty_panel(codes.name + ": codes of test images");
  Points points;
  for (std::size_t r = 0; r < std::min(shown_codes, codes.x.size()); ++r) {
    points.push_back({codes.x[r], codes.y[r], colour_number(class_colour(codes.label[r], classes))});
    panel.x.include(codes.x[r]), panel.y.include(codes.y[r]);
  }
  panel.draw(std::move(points), "using 1:2:3 with points pt 7 ps 0.65 lc rgb variable");
  for (int32_t k = 0; k < classes; ++k)
    panel.legend.push_back(
        {runs.classes().feature.categories.empty() ? str(k) : str(k, " ", runs.class_name(k)),
         "with points pt 7 ps 2 " + line_colour(class_colour(k, classes))});
  add_circles(panel);
  if (!told_classes) add_numbers(panel, codes, classes);  // else all classes lie in one place
  return panel;
}

Panel prior_panel(const StoryRuns& runs) {
  Panel panel = empty_panel("N(0, I): where samples are drawn from");
  const Experiment& e = *runs.cvae.experiment;
  const Tensor z = sample_prior(*e.model, Tensor(), int64_t(shown_codes), sampling_noise(e.seed, 0));
  Points points;
  for (std::size_t r = 0; r < shown_codes; ++r) {
    const float* at = z.data<float>() + 2 * r;
    points.push_back({at[0], at[1]});
    panel.x.include(at[0]), panel.y.include(at[1]);
  }
  panel.draw(std::move(points), "using 1:2 with points pt 7 ps 0.55 lc rgb '#8090a0'");
  add_circles(panel);
  return panel;
}

}  // namespace

double Codes::spread() const {
  const double n = double(x.size());
  double variance = 0;
  for (const auto* values : {&x, &y}) {
    double sum = 0, squares = 0;
    for (const double v : *values) sum += v;
    for (const double v : *values) squares += (v - sum / n) * (v - sum / n);
    variance += squares / n / 2;
  }
  return std::sqrt(variance);
}

double Codes::share_within(double radius) const {
  int64_t within = 0;
  for (std::size_t r = 0; r < x.size(); ++r) within += std::hypot(x[r], y[r]) <= radius;
  return double(within) / double(x.size());
}

Codes codes_of(const StoryRun& run) {
  const Dataset& test = run.experiment->data.test;
  Codes codes{run.name, {}, {}, test.classes()->row_classes()};
  for_each_block(test.rows(), [&](const std::vector<int64_t>& index) {
    const auto z = run.encode(index).to_vector<double>();  // [index.size(), 2]
    for (std::size_t i = 0; i < z.size(); i += 2) codes.x.push_back(z[i]), codes.y.push_back(z[i + 1]);
  });
  return codes;
}

CsvTable codes_table(const std::vector<Codes>& models) {
  CsvTable table({"model", "row", "class", "z_0", "z_1"});
  for (const Codes& codes : models)
    for (std::size_t r = 0; r < codes.x.size(); ++r)
      table.add({codes.name, r, codes.label[r], float(codes.x[r]), float(codes.y[r])});
  return table;
}

void draw_codes(const StoryRuns& runs, const std::vector<Codes>& models, const std::filesystem::path& png) {
  Figure figure(2000, 2080, 2, 2);
  for (const Codes& codes : models) figure.add(codes_panel(runs, codes, codes.name == runs.cvae.name));
  figure.add(prior_panel(runs));
  figure.save(png);
}

}  // namespace elbow
