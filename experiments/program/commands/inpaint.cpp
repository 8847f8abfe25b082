#include <cmath>
#include <iostream>
#include <memory>

#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "base/text.hpp"
#include "cvae/inpainting.hpp"
#include "data/array_output.hpp"
#include "data/csv.hpp"
#include "experiments/program/commands/commands.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/program/rows/picture_output.hpp"
#include "experiments/report/inpainting_figure.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/opened_run.hpp"

namespace elbow {
namespace {

/// The options of `elbow inpaint`.
struct InpaintOptions : RowsOptions {
  std::string mask;                   ///< kind of mask; empty: those of the run
  std::string csv;                    ///< file of the scores; empty: next to the picture
  std::vector<std::string> settings;  ///< path.to.key=value
  int64_t rows = 10;                  ///< of the picture
  int64_t completions = 8;
  int64_t scored = 512;   ///< test rows
  int64_t samples = 200;  ///< of the likelihood
};

// Those of the run, or of one kind. A run with a condition of columns has given pixels at random.
PixelMaskRule masks_of(const InpaintOptions& o, const Experiment& e) {
  PixelMaskRule rule = e.condition.pixel_masks();
  if (!e.condition.by_pixels()) {
    rule.image = *e.data.test.image;
    rule.kinds = {{MaskKind::noise, 1}};
    if (!e.condition.uniform()) rule.given = e.condition.given();
  }
  return o.mask.empty() ? rule : rule.only(mask_kind_of(o.mask));
}

// Where the scores go: --csv, or next to the picture; empty: the run's folder.
std::filesystem::path csv_of(const InpaintOptions& o) {
  if (!o.csv.empty() || o.out.empty()) return o.csv;
  return std::filesystem::path(o.out).replace_extension(".csv");
}

// Where the picture and the scores go.
std::vector<std::filesystem::path> outputs_of(const InpaintOptions& o) {
  const std::filesystem::path csv = csv_of(o);
  if (is_array_file(csv.string())) throw Error(csv.string() + ": the scores are a CSV: --csv FILE.csv");
  if (!csv.empty() && csv.lexically_normal() == std::filesystem::path(o.out).lexically_normal())
    throw Error(csv.string() + ": is the picture's file: --csv FILE.csv");
  check_picture(o);
  return command_files(o, {{o.out, "inpaint.png"}, {csv, "inpaint.csv"}});
}

std::string summary_of(const InpaintingScores& s, const InpaintOptions& o) {
  if (s.rows == 0) return "no pixel is hidden in any row";
  std::string text =
      str("PSNR ", with_error(s.psnr, 2), " dB, mean over ", o.completions, " completions; of their mean ",
          with_error(s.psnr_mean, 2), "; of the training images' mean ", with_error(s.psnr_plain, 2), " (",
          s.rows, " rows, ", fixed(s.hidden.mean, 0), " hidden entries on average)");
  if (std::isfinite(s.log_likelihood.mean))
    text += str("; log-likelihood of the hidden ", with_error(s.log_likelihood), " nats per row (",
                fixed(s.effective, 0), " effective samples of ", o.samples, ")");
  return text;
}

void write_scores(const std::vector<InpaintedRow>& rows, const std::filesystem::path& csv) {
  CsvTable table({"row", "hidden", "psnr", "psnr_mean", "psnr_plain", "log_likelihood", "standard_error",
                  "effective_samples"});
  for (size_t r = 0; r < rows.size(); ++r) {
    const InpaintedRow& row = rows[r];
    table.add({int64_t(r), row.hidden, row.psnr, row.psnr_mean, row.psnr_plain, row.likelihood.log_p,
               row.likelihood.standard_error, row.likelihood.effective});
  }
  table.write(csv);
}

// Holes in test images, filled several times: a picture, and a CSV with the scores of each row; their means on standard error.
void inpaint(const InpaintOptions& o) {
  set_threads(o.threads);
  if (!o.mask.empty()) mask_kind_of(o.mask);  // an error before anything is read
  const auto e = open_run(o.run, o.settings);
  const NoGrad no_grad;
  if (!can_inpaint(*e))
    throw Error(o.run + ": inpaint needs images whose pixels are the condition (condition.kind \"pixels\")");
  const int64_t rows = std::min(o.rows, e->data.test.rows());
  check_size(*e, o.completions + 3, rows);
  const InpaintingSettings settings{masks_of(o, *e), o.seed.value_or(e->seed), o.scored, o.completions,
                                    o.samples};
  const auto outputs = outputs_of(o);
  const auto &png = outputs[0], &csv = outputs[1];
  const auto scores = inpainted_rows(*e, settings);
  write_scores(scores, csv);
  draw_completions(*e, png, {{"", completions_of(*e, settings, rows)}}, labelled_layout(*e, 0));
  tell_picture(png);
  std::cout << csv.string() << '\n';
  std::string summary = summary_of(scores_of(scores), o);
  if (const std::string why = why_no_likelihood(*e); !why.empty() && o.samples > 0)
    summary += "; no likelihood: " + why;
  std::cerr << summary << std::endl;
}

}  // namespace

void add_inpaint(Command app) {
  Command command =
      app.command("inpaint", "Fill holes in test images, as pictures of several completions and their scores");
  command.footer(
      "The picture goes to inpaint.png in the run's folder, the scores of each row to inpaint.csv, unless "
      "--out and --csv say "
      "otherwise. PSNR and likelihood are those of the hidden pixels (docs/outputs.md).");
  auto o = std::make_shared<InpaintOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.option(
      "--mask", o->mask,
      "What is hidden: rectangle, half, left, right, top, bottom or noise; by default as in training");
  command.option("--completions", o->completions, "Completions of each image").between(1, 100).shows_default();
  command.option("--rows", o->rows, "Test images in the picture").between(1, 1000).shows_default();
  command.option("--scored", o->scored, "Test images that are scored, the first ones")
      .between(1, last_row)
      .shows_default();
  command.option("--samples", o->samples, "Samples of the likelihood's estimate; 0 = none")
      .between(0, 1000000)
      .shows_default();
  command.option("--csv", o->csv, "File for the scores; by default that of the picture with .csv");
  command.settings(o->settings,
                   "Change a setting of the run, such as condition.area=[0.3,0.4] (may be repeated)");
  add_seed(command, *o);
  add_common(command, *o);
  command.runs([o] { inpaint(*o); });
}

}  // namespace elbow
