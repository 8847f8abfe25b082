#include "experiments/runs/page.hpp"

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "experiments/report/number_text.hpp"
#include "experiments/report/report.hpp"
#include "experiments/runs/output_file.hpp"
#include "experiments/runs/results_files.hpp"

namespace elbow {
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
