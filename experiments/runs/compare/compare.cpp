#include "experiments/runs/compare/compare.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>

#include "base/error.hpp"
#include "base/files.hpp"
#include "experiments/report/figure.hpp"
#include "experiments/report/not_made.hpp"
#include "experiments/report/report.hpp"
#include "experiments/runs/compare/comparison.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

struct FigureFile {
  std::string file, caption;
  std::vector<Panel> panels;
};

std::vector<FigureFile> figures_of(const Comparison& c) {
  const OptimumCurve curve = optimum_curve(c);
  std::vector<FigureFile> figures;
  figures.push_back(
      {"multiple_models_conds_encoding.png",
       "Distortion against KL: by the number of given columns, from none (upper right) to all (lower left), "
       "and of the whole test set, with standard errors. Hollow circles and dashed lines are the optimum: no "
       "model can be "
       "below the line, and a good one lies on its circle.",
       {by_count_panel(c), total_panel(c, curve)}});
  figures.push_back(
      {"multiple_models_conds_epochs.png",
       "The whole test set epoch by epoch. Left: the way in the plane of distortion and KL; a large point is "
       "the end "
       "of a training, and no model can be below the dashed line, the optimum. Right: the loss; a good "
       "training ends flat. The first epochs may lie outside.",
       {path_panel(c, curve), loss_panel(c)}});
  const bool has_fid = std::any_of(c.runs.begin(), c.runs.end(),
                                   [](const FinishedRun& run) { return !run.findings.frechet.points.empty(); });
  if (c.beta_varies()) {
    FigureFile f{"beta_elbo_fid.png",
                 "The loss against its weight of the KL, and how far it is from the optimum: a good model is "
                 "on the dashed "
                 "line. Bars are standard errors.",
                 {beta_panel(c, curve, AgainstBeta::loss)}};
    if (c.has_optimum()) f.panels.push_back(beta_panel(c, curve, AgainstBeta::excess));
    if (has_fid) f.panels.push_back(fid_beta_panel(c));
    figures.push_back(std::move(f));
    figures.push_back(
        {"beta_active.png",
         "Active latents and KL against the weight of the KL: where a latent costs more than it saves, "
         "no latent is used. A good model is on the dashed line, the optimum.",
         {beta_panel(c, curve, AgainstBeta::active_at_0), beta_panel(c, curve, AgainstBeta::active),
          beta_panel(c, curve, AgainstBeta::kl)}});
  } else if (has_fid) {
    figures.push_back({"fid_by_model.png",
                       "Fréchet distance between real and generated rows: the smaller, the more alike.",
                       {fid_panel(c)}});
  }
  return figures;
}

constexpr const char* all_figures[] = {"multiple_models_conds_encoding.png", "multiple_models_conds_epochs.png",
                                       "beta_elbo_fid.png", "beta_active.png", "fid_by_model.png"};

void draw(const FigureFile& f, const fs::path& png) {
  const int columns = int(f.panels.size());
  std::size_t entries = 3;  // more of them make the legend higher, not the axes lower
  for (const Panel& panel : f.panels) entries = std::max(entries, panel.legend.size());
  const int height = 880 + 24 * int(entries - 3);
  Figure figure(1000 * columns, height, 1, columns);
  for (const Panel& panel : f.panels) figure.add(panel);
  figure.save(png);
}

std::vector<FinishedRun> read_runs(const std::vector<std::string>& folders) {
  std::vector<FinishedRun> runs;
  std::set<fs::path> seen;
  for (const std::string& folder : folders) {
    runs.push_back(read_finished_run(folder));
    if (!seen.insert(fs::canonical(folder)).second) throw Error(folder + ": is given twice");
  }
  return runs;
}

std::string differences(const Comparison& c) {
  std::string text = str(c.runs.size(), c.runs.size() == 1 ? " run" : " runs");
  if (c.runs.size() == 1) return text + ".";
  if (c.varied.empty()) return text + " with the same settings.";
  text += " that differ in ";
  for (std::size_t i = 0; i < c.varied.size(); ++i) text += (i ? ", " : "") + c.varied[i];
  return text + ".";
}

const char* const legend =
    "Nats per row, on the test set; +- is one standard error. Excess: loss above the optimal model's on the\n"
    "same rows. Active: latents in use with nothing given, and averaged over the masks (the optimum's).";

}  // namespace

void check_comparison_folder(const fs::path& folder) {
  if (folder.empty()) throw Error("--out: the name of the folder is empty");
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) throw Error(folder.string() + ": exists and is not a folder");
  if (fs::is_empty(folder)) return;
  std::string header;
  if (std::ifstream in(folder / "comparison.csv"); in) std::getline(in, header);
  if (!header.starts_with("run,") || fs::exists(folder / "config.json"))
    throw Error(folder.string() + ": holds files but no comparison: choose another --out");
}

void compare(const CompareOptions& o) {
  const fs::path out = o.out;
  check_comparison_folder(out);
  const Comparison c = make_comparison(read_runs(o.runs));
  const TextTable shown = short_table(c, false), over_seeds = short_table(c, true);
  const std::vector<FigureFile> figures = figures_of(c);

  std::error_code error;
  fs::create_directories(out, error);
  if (error) throw Error(str(out.string(), ": cannot be made: ", error.message()));
  write_file_atomically(out / "comparison.csv", run_table(c).csv());
  if (c.seeds_vary())
    write_file_atomically(out / "comparison_over_seeds.csv", seed_table(c).csv());
  else
    fs::remove(out / "comparison_over_seeds.csv", error);
  if (!o.quiet) {
    std::cout << differences(c) << '\n' << legend << "\n\n" << shown.aligned();
    if (c.seeds_vary())
      std::cout << "\nMeans over the seeds, with their standard errors:\n\n" << over_seeds.aligned();
    std::cout << std::endl;
  }

  Report report("Comparison");
  report.paragraph(differences(c)).paragraph(legend).heading("Results").table("Runs", shown.header, shown.rows);
  if (c.seeds_vary()) report.table("Means over the seeds", over_seeds.header, over_seeds.rows);
  report.heading("Figures");
  std::set<std::string> drawn;
  std::vector<NotMade> problems;
  for (const FigureFile& f : figures)
    attempt(problems, "", [&] {
      draw(f, out / f.file);
      drawn.insert(f.file);
    });
  warn(problems);
  for (const char* file : all_figures)  // of an earlier comparison
    if (!drawn.contains(file))
      for (const char* extension : {".png", ".svg"})
        fs::remove((out / file).replace_extension(extension), error);
  for (const FigureFile& f : figures) report.figure(f.caption, out / f.file);
  report.write(out / "compare.html");
  if (!o.quiet) std::cout << "tables and figures are in " << out.string() << std::endl;
  require_made(problems);
}

}  // namespace elbow
