#pragma once
#include "experiments/commands/rows_options.hpp"

namespace elbow {

/// What `elbow sample` was asked for; `given` holds values here, "0=1.5,2=-0.3".
struct SampleOptions : RowsOptions {
  int64_t rows = 10;
  bool noise = false;      ///< add the noise that squared error stands for
  bool likeliest = false;  ///< the likeliest category of each binary and categorical column, not one drawn
};

/// Rows drawn from the model as CSV, in the units of the data: z ~ N(0, I), then the decoder's answer under the given
/// values, which stand in every row as they were given. A model with the label as its condition is given "label=CLASS",
/// and the rows have the column `label`.
void sample(const SampleOptions& options);

}  // namespace elbow
