#pragma once
#include <cstdint>
#include <vector>

#include "cvae/experiment.hpp"
#include "data/table_codec.hpp"

namespace elbow {

/// How missing entries are imputed.
struct ImputationSettings {
  int64_t draws = 64;  ///< of the latents, for each row
  bool multiple =
      false;           ///< each draw by itself, with the distributions that are learned, instead of their mean
  bool noise = false;  ///< each draw of a number has the noise of p(x | z)
  uint64_t seed = 1;
};

/// The model's imputations of a batch, conditioned on the entries that are there; each [rows * columns] in the units of x.
struct Imputation {
  std::vector<std::vector<float>> draws;  ///< one by one, if they are multiple; else
  std::vector<float> mean;  ///< over the draws, of counts and positive numbers that of the numbers themselves
  std::vector<float> sd;    ///< of the draws; of those in the units of the table
};

/// Draws from p(x | c), z ~ p(z | c), where c gives all that `batch.observed` says is there. `number` names the batch for the
/// random numbers.
Imputation impute(const Experiment& e, const TableCodec& codec, const ImputationSettings& settings,
                  const Batch& batch, uint64_t number);

}  // namespace elbow
