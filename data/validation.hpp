#pragma once
#include <cstdint>
#include <vector>

#include "data/dataset.hpp"

namespace elbow {

/// How many of the training rows are held out for validation: a model is not fitted to them, but chosen by them.
struct HeldOut {
  double fraction = 0;     ///< of the training rows; 0: none
  bool automatic = false;  ///< the fraction depends on the rows instead

  /// The fraction of so many training rows with so many features. "auto" is 0.1 for 30 rows or more, but fewer than 50 a feature: a model
  /// learns those by heart. Of more rows, each is worth more in the training.
  double of(int64_t rows, int64_t features) const;
};

/// Which of `rows` training rows are held out, at random by the seed (stream::validation), ascending. None if validation or training would
/// have fewer than two.
std::vector<int64_t> validation_rows(int64_t rows, double fraction, uint64_t seed);
/// The other ones, ascending.
std::vector<int64_t> fitted_rows(int64_t rows, double fraction, uint64_t seed);

/// Moves these rows from the training set of a split, which holds none out yet, to its validation set. Training rows that are drawn
/// again in each epoch are then other ones from the first epoch on. Sets whose rows are not read stay as they are.
void hold_out(DataSplit& split, const HeldOut& held_out, uint64_t seed);

}  // namespace elbow
