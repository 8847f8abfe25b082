#include "experiments/runs/figures.hpp"

#include <functional>
#include <nlohmann/json.hpp>

#include "autograd/tape.hpp"
#include "base/files.hpp"
#include "experiments/report/image_figures.hpp"
#include "experiments/report/report.hpp"
#include "experiments/report/run_page.hpp"
#include "experiments/report/run_plots.hpp"

namespace elbow {
namespace {

std::vector<std::string> class_names(const Dataset& set) {
  std::vector<std::string> names;
  if (const Attribute* classes = set.classes())
    for (int32_t k = 0; k < classes->classes(); ++k) names.push_back(classes->text_of(float(k), ""));
  return names;
}

}  // namespace

std::vector<NotMade> draw_figures(const Experiment& e, const RunResults& results, const AnalysesDone& analyses,
                                  const RunFolder& folder) {
  std::vector<NotMade> problems = analyses.problems;
  e.model->train(false);
  const NoGrad no_grad;
  Report report(e.name);
  add_headline(report, results);
  add_result_tables(report, results);
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
  figure("encoding_test_plots.png", encoding_test_caption(results), [&] {
    plot_encoding_test(results, folder.file("encoding_test_plots.png"), class_names(e.data.test));
  });
  figure("ELBO.png", elbo_caption(results), [&] { plot_elbo(results, folder.file("ELBO.png")); });
  if (!results.per_count.empty())
    figure("KLD_vs_dimension.png", kld_caption(results),
           [&] { plot_kld_vs_dimension(results, folder.file("KLD_vs_dimension.png")); });
  if (e.data.test.image && e.condition.by_attributes()) {
    figure("samples.png",
           "Images decoded from draws from the prior, by the given condition. A good model gives sharp, varied "
           "images of what was requested.",
           [&] { draw_samples(e, folder.file("samples.png"), e.seed); });
    figure("reconstructions.png",
           "Test images, and below each its reconstruction from the latent mean: the more alike, the better.",
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
