#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cvae/likelihood.hpp"
#include "data/pixel_mask.hpp"

namespace elbow {

/// How holes in test images are filled, and how that is scored.
struct InpaintingSettings {
  PixelMaskRule masks;
  uint64_t seed = 1;        ///< of the holes, the completions and the samples
  int64_t rows = 512;       ///< the first test rows
  int64_t completions = 8;  ///< of each
  int64_t samples = 200;    ///< of the likelihood's estimate; 0: it is left out
};

/// The score of one row. PSNR is 10 log10(1 / e) dB, with e the mean squared error of the hidden pixels (of all their channels),
/// whose values lie in 0..1; an e below that of rounding to bytes, 1 / (12 * 255^2), counts as that.
struct InpaintedRow {
  int64_t hidden = 0;            ///< entries in the hole, pixels * channels
  double psnr = no_number;       ///< mean over the completions
  double psnr_mean = no_number;  ///< of the mean of the completions
  double psnr_plain =
      no_number;  ///< of the hidden pixels' means over the training rows, the same for every image
  Likelihood likelihood{no_number, no_number,
                        no_number};  ///< log p(hidden | given); of density for pixels that are numbers
};

/// Some rows with holes, and what the model makes of them; pixels in 0..1.
struct Completions {
  Tensor x, mask;  ///< [rows, columns]: the images, and 1 where a pixel is given
  std::vector<Tensor>
      drawn;  ///< [completions], each [rows, columns]: given pixels copied, the others the decoder's mean, z ~ p(z | c)
  Tensor mean;  ///< of those [rows, columns]
};

/// The first `rows` rows of the test set, completed. The first rows, and the first completions, are the same if there are more.
Completions completions_of(const Experiment& experiment, const InpaintingSettings& settings, int64_t rows);

/// The scores of each of settings.rows rows. Those without a hidden pixel have none. Where the loss is no likelihood
/// (why_no_likelihood), neither have the others. Works in evaluation mode. Error unless can_inpaint().
std::vector<InpaintedRow> inpainted_rows(const Experiment& experiment, const InpaintingSettings& settings);

/// Means over rows that have a hidden pixel, with standard errors.
struct InpaintingScores {
  int64_t rows = 0;
  Estimate hidden;                                       ///< entries in the hole
  Estimate psnr, psnr_mean, psnr_plain, log_likelihood;  ///< log_likelihood: nats per row
  double sampling_error =
      no_number;  ///< the part of the error of log_likelihood that comes from a finite number of samples
  double effective = no_number;  ///< effective samples, mean over the rows
};
InpaintingScores scores_of(const std::vector<InpaintedRow>& rows);

/// Whether rows are images whose pixels may be given.
bool can_inpaint(const Experiment& experiment);

}  // namespace elbow
