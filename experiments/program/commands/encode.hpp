#pragma once
#include "experiments/program/commands/rows_options.hpp"

namespace elbow {

/// What `elbow encode` was asked for.
struct EncodeOptions : RowsOptions {
  bool active = false;  ///< only the latents that are active on the run's test set under the same condition
};

/// The encoder's answer for each row as CSV: the columns that are kept, mu_0, ..., log_var_0, ..., kl (nats), and the number
/// of given columns.
void encode(const EncodeOptions& options);

}  // namespace elbow
