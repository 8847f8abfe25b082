#pragma once
#include "experiments/program/commands/rows_options.hpp"

namespace elbow {

/// What `elbow reconstruct` was asked for.
struct ReconstructOptions : RowsOptions {
  int64_t draws = 0;  ///< of each row's posterior, a line each; 0: its mean, one line
};

/// The decoder's answer for each row as CSV, in the units of the data, after the columns that are kept, with distortion
/// and kl (nats), and the number of given columns; with draws also which row and draw it is.
void reconstruct(const ReconstructOptions& options);

}  // namespace elbow
