#pragma once
#include "experiments/program/commands/rows_options.hpp"

namespace elbow {

/// What `elbow sample` was asked for; `given` holds values here, "0=1.5,2=-0.3".
struct SampleOptions : ToldOptions {
  std::optional<int64_t> rows;  ///< of the table; with a picture: of pictures (sample_pictures.hpp)
  bool noise = false;           ///< add the noise that squared error stands for
  bool likeliest = false;       ///< the likeliest category of each binary and categorical column, not one drawn
  bool grid = false;            ///< a picture of the images that are drawn, not a table
  bool manifold = false;        ///< a picture of the images over a plane of latents
};

/// Rows drawn from the model as CSV, in the units of the data: z ~ N(0, I), then the decoder's answer under the given
/// values, which stand in every row as they were given. With a model that is told labels the rows have the column `label`,
/// and `colour` for coloured images; they are empty where a label is withheld. With `grid` or `manifold` a PNG.
void sample(const SampleOptions& options);

}  // namespace elbow
