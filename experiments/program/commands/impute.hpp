#pragma once
#include "experiments/program/commands/rows_options.hpp"

namespace elbow {

/// What `elbow impute` was asked for.
struct ImputeOptions : RowsOptions {
  int64_t draws = 64;     ///< of the latents, for each row
  bool sd = false;        ///< also the standard deviation of the draws, for real columns
  bool multiple = false;  ///< each draw as a row of its own, instead of their mean
  bool noise = false;     ///< add the noise that squared error stands for to each draw
};

/// A copy of the data in which missing fields are filled. What a row has is given to the model as its condition; what it
/// lacks is the mean over draws from p(x | c), z ~ N(0, I), or the likeliest category of the mean probabilities. Fields
/// that are there keep their text. Columns that the file lacks are added at the end.
void impute(const ImputeOptions& options);

}  // namespace elbow
