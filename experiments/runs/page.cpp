#include "experiments/runs/page.hpp"

#include <filesystem>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "autograd/tape.hpp"
#include "base/config.hpp"
#include "base/files.hpp"
#include "experiments/report/image_figures.hpp"
#include "experiments/report/report.hpp"
#include "experiments/report/run_page.hpp"
#include "experiments/report/run_plots.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/results_files.hpp"
#include "experiments/runs/run_folder.hpp"

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

namespace fs = std::filesystem;
namespace {

std::vector<std::string> line_of(const FinishedRun& run) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const Estimate &loss = run.test.loss, excess = run.test.excess.value_or(Estimate{none, none});
  const int digits = digits_for(loss.standard_error), excess_digits = digits_for(excess.standard_error);
  const CountResult* nothing = run.at_count(0);
  return {run.config.value("name", run.label),
          fixed(loss.mean, digits),
          fixed(loss.standard_error, digits),
          fixed(run.test.distortion.mean, digits),
          fixed(run.test.kl.mean, digits),
          fixed(run.test.optimum ? run.test.optimum->loss : none, digits),
          fixed(excess.mean, excess_digits),
          fixed(excess.standard_error, excess_digits),
          fixed(nothing ? nothing->active : none, 0),
          fixed(nothing && nothing->optimum ? nothing->optimum->active : none, 0),
          run.config.at("training").at("epochs").dump(),
          fixed(run.timing.total_s, 1)};
}

}  // namespace

void write_page(const PageOptions& o) {
  check_output_file(o.out, o.force);
  std::vector<FinishedRun> runs;
  std::vector<std::vector<std::string>> lines;
  for (const std::string& folder : o.runs) {
    runs.push_back(read_finished_run(folder));
    lines.push_back(line_of(runs.back()));
  }
  Report report(o.title);
  report.table(
      "On the test set, in nats per row; \"active\": latents in use with nothing given, and at the optimum",
      {"experiment", "loss", "±", "distortion", "KL", "optimum", "above it", "±", "active", "optimum", "epochs",
       "seconds"},
      lines);
  const fs::path base = fs::absolute(o.out).parent_path();
  for (const FinishedRun& run : runs) {
    const fs::path folder = fs::proximate(fs::absolute(run.folder), base);
    report.heading(run.config.value("name", run.label));
    if (fs::exists(run.folder / "report.html")) report.link("settings and results", folder / "report.html");
    const fs::path list = run.folder / "figures.json";
    if (!fs::exists(list)) continue;
    for (const Json& entry : read_json(list)) {
      const Config figure(entry, list.string());
      const fs::path file = figure.get<std::string>("file");
      report.linked_figure(figure.get<std::string>("caption"), run.folder / file, folder / file);
    }
  }
  report.write(o.out);
}

}  // namespace elbow
