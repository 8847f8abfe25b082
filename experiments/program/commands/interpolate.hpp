#pragma once
#include <vector>

#include "experiments/program/commands/rows_options.hpp"

namespace elbow {

/// What `elbow interpolate` was asked for; `given` names features.
struct InterpolateOptions : ToldOptions {
  std::vector<int64_t> from, to;  ///< test rows, pair by pair; empty: up to five pairs of different classes
  int64_t steps = 9;
};

/// What the decoder makes of points on the line between the posterior means of two test rows: of images a PNG (unless --out names a
/// FILE.csv), of other
/// data CSV. Where the two rows are under different conditions, once under that of each.
void interpolate(const InterpolateOptions& options);

}  // namespace elbow
