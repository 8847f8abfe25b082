#pragma once
#include <cstdint>
#include <functional>

#include "autograd/random.hpp"
#include "data/dataset.hpp"
#include "nn/config.hpp"

namespace elbow {

/// Writes rows of a law into set.x (and set.coordinate, where the law has one), all of which are allocated. A
/// function of the key: the same key gives the same rows.
using DrawRows = std::function<void(Dataset& set, const RandomKey& key)>;

/// Train and test rows of a law, from the options that all laws share: train_rows, test_rows (default 64,000
/// each: 1000 batches of 64) and redraw (default false: whether each epoch gets new training rows).
/// `description` is what the two sets have in common, without rows.
DataSplit draw_split(const Config& data, uint64_t seed, const Dataset& description, int64_t columns,
                     DrawRows draw);

/// Writes rows x = factor z, z ~ N(0, I), into set.x: [rows, factor.rows].
void draw_linear_gaussian(Dataset& set, const Matrix& factor, const RandomKey& key);

}  // namespace elbow
