#include "cvae/inpainting.hpp"

#include <cmath>
#include <memory>

#include "data/csv.hpp"
#include "experiments/analyses/analyses.hpp"
#include "experiments/report/inpainting_figure.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace {

constexpr int64_t shown_rows = 4;  // of each kind of mask

void add_line(CsvTable& table, const std::string& mask, const InpaintingSettings& settings,
              const InpaintingScores& s) {
  std::vector<CsvField> line{mask, s.rows};
  for (const Estimate& e : {s.hidden, s.psnr, s.psnr_mean, s.psnr_plain, s.log_likelihood})
    line.insert(line.end(), {e.mean, e.standard_error});
  line.insert(line.end(), {s.sampling_error, s.effective, settings.samples, settings.completions});
  table.add(line);
}

std::string line_of(const std::string& mask, const InpaintingScores& s) {
  std::string text =
      str("inpainting, ", mask, ": ", s.rows, " test rows with ", fixed(s.hidden.mean, 0),
          " hidden entries on average; PSNR ", with_error(s.psnr, 2), " dB, of the mean ",
          with_error(s.psnr_mean, 2), ", of the training images' mean ", with_error(s.psnr_plain, 2));
  if (std::isfinite(s.log_likelihood.mean))
    text += str("; log-likelihood ", with_error(s.log_likelihood), " nats per row");
  return text + "\n";
}

}  // namespace

bool inpainting_applies(const Experiment& e) { return e.condition.by_pixels(); }

AnalysisResult inpainting_analysis(const Experiment& e, AnalysisContext& context) {
  CsvTable table({"mask", "rows", "hidden", "hidden_stderr", "psnr", "psnr_stderr", "psnr_mean",
                  "psnr_mean_stderr", "psnr_plain", "psnr_plain_stderr", "log_likelihood",
                  "log_likelihood_stderr", "sampling_stderr", "effective_samples", "samples", "completions"});
  InpaintingSettings settings{e.condition.pixel_masks(), e.seed, e.evaluation.inpaint_rows,
                              e.evaluation.inpaint_completions, e.evaluation.inpaint_samples};
  const auto shown = std::make_shared<std::vector<CompletedImages>>();
  AnalysisResult result;
  const auto kinds = e.condition.pixel_masks().kinds;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const std::string mask = name_of(kinds[i].first);
    context.tell("inpainting", int64_t(i), int64_t(kinds.size()));
    settings.masks = e.condition.pixel_masks().only(kinds[i].first);
    const InpaintingScores scores = scores_of(inpainted_rows(e, settings));
    add_line(table, mask, settings, scores);
    result.text += line_of(mask, scores);
    shown->push_back({mask, completions_of(e, settings, shown_rows)});
  }
  table.write(context.folder.file("inpainting.csv"));
  if (const std::string why = why_no_likelihood(e); !why.empty())
    result.text += "inpainting: no likelihood, because " + why + "\n";
  result.figures.push_back(
      {"inpainting.png",
       "Test images, what is given of them (the hole is grey), several completions that the model draws, and "
       "their mean. "
       "Good completions fit what is given and differ where it leaves much open.",
       [&e, shown](const std::filesystem::path& png) { draw_completions(e, png, *shown); }});
  return result;
}

}  // namespace elbow
