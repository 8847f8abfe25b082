#include "cvae/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "data/csv.hpp"
#include "experiments/analyses/analyses.hpp"
#include "experiments/report/calibration_plot.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace {

constexpr int64_t most_feature_panels = 5;

// All features first, then one by one.
std::vector<const Calibration*> lines_of(const CalibrationResult& result) {
  std::vector<const Calibration*> lines{&result.all};
  for (const Calibration& c : result.features) lines.push_back(&c);
  return lines;
}

CsvField number_of(const Calibration& c) { return c.feature < 0 ? CsvField("") : CsvField(c.feature); }

void write_scores(const CalibrationResult& result, const std::filesystem::path& csv) {
  std::vector<std::string> header{"feature", "name", "entries"};
  const auto with_error_of = [&](const std::string& name) {
    header.insert(header.end(), {name, name + "_stderr"});
  };
  for (const char* name : {"coverage_50", "coverage_90", "coverage_95", "crps"}) with_error_of(name);
  header.emplace_back("exact_crps");
  with_error_of("crps_excess");
  with_error_of("brier");
  with_error_of("energy");
  header.emplace_back("exact_energy");
  with_error_of("energy_excess");
  header.insert(header.end(), {"pit_deviation", "rows", "draws"});
  CsvTable table(header);
  for (const Calibration* c : lines_of(result)) {
    std::vector<CsvField> line{number_of(*c), c->name, c->entries};
    const auto add = [&](const Estimate& e) { line.insert(line.end(), {e.mean, e.standard_error}); };
    const auto add_score = [&](const Calibration::Score& s) {
      add(s.model), line.emplace_back(s.exact.mean), add(s.excess);
    };
    for (const Estimate& coverage : c->coverage) add(coverage);
    add_score(c->crps);
    add(c->brier);
    add_score(c->energy);
    line.insert(line.end(), {c->deviation, result.rows, result.draws});
    table.add(line);
  }
  table.write(csv);
}

void write_pit(const CalibrationResult& result, const std::filesystem::path& csv) {
  CsvTable table({"feature", "name", "entries", "low", "high", "density", "band_low", "band_high"});
  for (const Calibration* c : lines_of(result))
    for (size_t b = 0; b < c->pit.size(); ++b) {
      const double bins = double(c->pit.size());
      table.add({number_of(*c), c->name, c->entries, double(b) / bins, double(b + 1) / bins, c->pit[b],
                 std::max(0.0, 1 - c->band), 1 + c->band});
    }
  table.write(csv);
}

std::string percent(const Estimate& share) {
  return with_error({100 * share.mean, 100 * share.standard_error}, 1) + "%";
}

PitHistogram histogram_of(const Calibration& c, const std::string& name) {
  std::string title = name;
  if (c.numeric) title += ": 90% intervals cover " + fixed(100 * c.coverage[1].mean, 0) + "%";
  return {title, c.pit, c.band};
}

// All features, and those whose histograms are the least flat.
std::vector<PitHistogram> histograms_of(const CalibrationResult& result) {
  if (!(result.all.band > 0)) return {};
  std::vector<PitHistogram> out{histogram_of(result.all, "All")};
  std::vector<const Calibration*> worst;
  for (const Calibration& c : result.features)
    if (c.band > 0) worst.push_back(&c);
  std::stable_sort(worst.begin(), worst.end(),
                   [](const Calibration* a, const Calibration* b) { return a->deviation > b->deviation; });
  worst.resize(std::min(worst.size(), size_t(most_feature_panels)));
  if (result.features.size() > 1)
    for (const Calibration* c : worst) out.push_back(histogram_of(*c, c->name));
  return out;
}

std::string text_of(const CalibrationResult& result) {
  const Calibration& all = result.all;
  std::string text = str("calibration: ", all.entries, " withheld entries of ", result.rows, " test rows, ",
                         result.draws, " draws for each");
  if (std::isfinite(all.coverage[0].mean))
    text +=
        str("; intervals of 50, 90 and 95 % cover ", percent(all.coverage[0]), ", ", percent(all.coverage[1]),
            " and ", percent(all.coverage[2]), " of the numbers; CRPS ", with_error(all.crps.model));
  if (std::isfinite(all.crps.excess.mean))
    text += ", " + with_error(all.crps.excess) + " above that of the exact distribution";
  if (std::isfinite(all.brier.mean)) text += "; Brier score " + with_error(all.brier);
  return text + "\n";
}

}  // namespace

bool calibration_applies(const Experiment& e) { return has_calibration(e); }

AnalysisResult calibration_analysis(const Experiment& e, AnalysisContext& context) {
  const CalibrationResult found = calibration_of(e);
  write_scores(found, context.folder.file("calibration.csv"));
  write_pit(found, context.folder.file("pit.csv"));
  const Calibration& all = found.all;
  context.findings.calibration = {found.rows,      found.draws,    all.coverage[0], all.coverage[1],
                                  all.coverage[2], all.crps.model, all.crps.excess};
  AnalysisResult result;
  if (std::vector<PitHistogram> histograms = histograms_of(found); !histograms.empty())
    result.figures.push_back(
        {"calibration.png",
         "Where the truth stands among draws from p(withheld | given): the probability integral transform, "
         "over all "
         "test rows and for the features whose histograms are the least flat. A U: the intervals are too "
         "narrow. A hump: too wide. A slope: the draws are too low or too high. A calibrated model stays "
         "within the "
         "band, in 95 % of such histograms.",
         [histograms](const std::filesystem::path& png) { plot_calibration(histograms, png); }});
  result.text = text_of(found);
  return result;
}

}  // namespace elbow
