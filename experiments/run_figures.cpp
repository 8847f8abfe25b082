#include "experiments/run_figures.hpp"

#include <functional>
#include <nlohmann/json.hpp>

#include "autograd/ops.hpp"
#include "experiments/machine.hpp"
#include "experiments/plots/image_grid.hpp"
#include "experiments/plots/report.hpp"
#include "experiments/plots/run_plots.hpp"
#include "nn/files.hpp"
#include "nn/streams.hpp"

namespace elbow {
namespace {

// The decoder's answer as an image.
std::vector<float> pixels_of(const Experiment& e, const Tensor& y) {
  return values_of(e.loss, y).to_vector<float>();
}

// The condition "label" of each given row.
Tensor label_condition(Experiment& e, std::vector<int32_t> labels) {
  Batch batch;
  batch.x = Tensor::zeros({int64_t(labels.size()), e.data.test.columns()});
  batch.labels = labels;
  Condition::Drawn drawn;
  e.condition.apply(batch, drawn);
  return drawn.c;
}

// Ten samples from the prior for each class, one row a class.
void draw_samples(Experiment& e, const std::filesystem::path& png) {
  const int32_t classes = e.data.test.labels->classes, each = 10;
  const auto& names = e.data.test.labels->names;
  std::vector<int32_t> labels;
  for (int32_t i = 0; i < classes * each; ++i) labels.push_back(i / each);
  const Tensor z = normal({e.seed, stream::sampling, 0}, {int64_t(labels.size()), e.model->latents()});
  const auto pixels = pixels_of(e, e.model->decode(z, label_condition(e, labels)));
  GridLayout layout;
  layout.columns = each;
  for (int32_t k = 0; k < classes; ++k)
    layout.row_labels.push_back(names.empty() ? std::to_string(k) : names[size_t(k)]);
  write_image_grid(
      png, {pixels, int64_t(labels.size()), 1, e.data.test.image->height, e.data.test.image->width}, layout);
}

// Test images above what the decoder makes of their latent means.
void draw_reconstructions(Experiment& e, const std::filesystem::path& png) {
  constexpr int64_t pairs = 4;
  const int64_t columns = std::min<int64_t>(12, e.data.test.rows()),
                n = std::min(columns * pairs, e.data.test.rows());
  const Tensor x = e.data.test.x.range(0, n);
  const auto& labels = e.data.test.labels->values;
  const Tensor c = label_condition(e, {labels.begin(), labels.begin() + n});
  const auto back = pixels_of(e, e.model->decode(e.model->encode(x, c).mu, c)), original = x.to_vector<float>();
  const int64_t size = e.data.test.columns();
  std::vector<float> pixels;
  for (int64_t first = 0; first + columns <= n; first += columns)
    for (const auto* source : {&original, &back})
      pixels.insert(pixels.end(), source->begin() + first * size, source->begin() + (first + columns) * size);
  GridLayout layout;
  layout.columns = columns;
  layout.rows_per_group = 2;
  for (int64_t i = 0; i < pairs; ++i) {
    layout.row_labels.push_back("original");
    layout.row_labels.push_back("reconstruction");
  }
  write_image_grid(
      png, {pixels, int64_t(pixels.size()) / size, 1, e.data.test.image->height, e.data.test.image->width},
      layout);
}

}  // namespace

std::vector<std::string> draw_figures(Experiment& e, const RunResult& result, const AnalysesDone& analyses,
                                      const RunFolder& folder) {
  std::vector<std::string> problems;
  const auto attempt = [&](const std::function<void()>& draw) {
    try {
      draw();
    } catch (const Error& error) { problems.push_back(error.what()); }
  };
  const RunFigures& figures = result.figures;
  e.model->train(false);
  const NoGrad no_grad;
  Report report(e.name);
  report.heading("Results").preformatted("Summary", summary_text(result));
  report.heading("Figures");
  Json drawn = Json::array();
  const auto show = [&](const std::string& file, const std::string& caption) {
    report.figure(caption, folder / file);
    if (std::filesystem::exists(folder / file)) drawn.push_back({{"file", file}, {"caption", caption}});
  };
  const auto figure = [&](const std::string& file, const std::string& caption,
                          const std::function<void()>& draw) {
    attempt(draw);
    show(file, caption);
  };
  figure("encoding_test_plots.png",
         "Loss, latent means, KL per latent and rate against distortion on the test set.",
         [&] { plot_encoding_test(figures, folder / "encoding_test_plots.png"); });
  figure("ELBO.png", "Loss and its parts, epoch by epoch.", [&] { plot_elbo(figures, folder / "ELBO.png"); });
  if (!figures.per_count.empty())
    figure("KLD_vs_dimension.png", "KL of each latent dimension, by the number of given columns.",
           [&] { plot_kld_vs_dimension(figures, folder / "KLD_vs_dimension.png"); });
  if (e.data.test.image && e.data.test.labels && e.condition.by_label()) {
    figure("samples.png", "Samples from the prior, one row for each class.",
           [&] { draw_samples(e, folder / "samples.png"); });
    figure("reconstructions.png", "Test images and their reconstructions.",
           [&] { draw_reconstructions(e, folder / "reconstructions.png"); });
  }
  for (const auto& [file, caption] : analyses.figures) show(file, caption);
  if (!analyses.text.empty()) report.preformatted("Analyses", analyses.text);
  report.heading("Settings").preformatted("config.json", e.resolved);
  attempt([&] {
    write_file_atomically(folder / "figures.json", drawn.dump(2) + "\n");
    report.write(folder / "report.html");
  });
  return problems;
}

}  // namespace elbow
