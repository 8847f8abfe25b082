#include "experiments/runs/figures.hpp"

#include <functional>
#include <nlohmann/json.hpp>

#include "autograd/tape.hpp"
#include "base/files.hpp"
#include "experiments/report/image_figures.hpp"
#include "experiments/report/report.hpp"
#include "experiments/report/run_plots.hpp"

namespace elbow {

std::vector<NotMade> draw_figures(const Experiment& e, const RunResults& results, const AnalysesDone& analyses,
                                  const RunFolder& folder) {
  std::vector<NotMade> problems = analyses.problems;
  e.model->train(false);
  const NoGrad no_grad;
  Report report(e.name);
  report.heading("Results").preformatted("Summary", summary_text(results));
  report.heading("Figures");
  Json drawn = Json::array();
  const auto show = [&](const std::string& file, const std::string& caption) {
    report.figure(caption, folder / file);
    if (std::filesystem::exists(folder / file)) drawn.push_back({{"file", file}, {"caption", caption}});
  };
  const auto figure = [&](const std::string& file, const std::string& caption,
                          const std::function<void()>& draw) {
    attempt(problems, "", draw);
    show(file, caption);
  };
  figure("encoding_test_plots.png",
         "Loss, latent means, KL per latent and rate against distortion on the test set.",
         [&] { plot_encoding_test(results, folder.file("encoding_test_plots.png")); });
  figure("ELBO.png", "Loss and its parts, epoch by epoch.",
         [&] { plot_elbo(results, folder.file("ELBO.png")); });
  if (!results.per_count.empty())
    figure("KLD_vs_dimension.png", "KL of each latent dimension, by the number of given columns.",
           [&] { plot_kld_vs_dimension(results, folder.file("KLD_vs_dimension.png")); });
  if (e.data.test.image && e.condition.by_attributes()) {
    figure("samples.png", "Samples from the prior, one row for each class.",
           [&] { draw_samples(e, folder.file("samples.png"), e.seed); });
    figure("reconstructions.png", "Test images and their reconstructions.",
           [&] { draw_reconstructions(e, folder.file("reconstructions.png")); });
  }
  for (const AnalysisResult::Figure& f : analyses.figures) show(f.file, f.caption);
  if (!analyses.text.empty()) report.preformatted("Analyses", analyses.text);
  report.heading("Settings").preformatted("config.json", e.resolved);
  attempt(problems, "", [&] {
    write_file_atomically(folder.file("figures.json"), drawn.dump(2) + "\n");
    report.write(folder.file("report.html"));
  });
  return problems;
}

}  // namespace elbow
