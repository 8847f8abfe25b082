#pragma once
#include "experiments/program/commands/rows_options.hpp"

namespace elbow {

/// What `elbow traverse` was asked for. `given` holds values ("0=1.5,x2=-0.3"), around a row the names of features.
struct TraverseOptions : ToldOptions {
  std::optional<int64_t> row;  ///< of the test set, around whose posterior mean to go; nothing: around 0
  int64_t steps = 11;
  double range = 3;        ///< from -range to range in equal steps
  bool quantiles = false;  ///< at the quantiles (i + 1/2) / steps of N(0, 1) instead
  bool all = false;        ///< also the latents that are not active
};

/// What the decoder makes of each latent in turn going from low to high while the others stay: of images a PNG (unless --out names a FILE.csv), a row of
/// pictures for each latent; of other data CSV, a line for each step. The latent with the largest mean KL over the test set
/// comes first; those that are not active are left out.
void traverse(const TraverseOptions& options);

}  // namespace elbow
