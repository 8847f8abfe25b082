#pragma once
#include <array>
#include <cstdint>
#include <functional>

#include "autograd/random.hpp"
#include "base/config.hpp"
#include "data/dataset.hpp"

namespace elbow {

/// Writes rows of a distribution into set.x, which is allocated, and into set.coordinate, the class and the hidden factors, where the
/// distribution has them (positions_of, classes_of, factor_values). A function of the key: the same key gives the same rows.
using DrawRows = std::function<void(Dataset& set, const RandomKey& key)>;

/// Train and test rows of a distribution, from the options that all distributions share: train_rows, test_rows (default 64,000
/// each: 1000 batches of 64), redraw (default false: whether each epoch gets new training rows) and missing (default
/// 0: nothing is). The last is {"rows": p, "entries": q}, the MissingDistribution, or one number q for {"rows": 1, "entries": q};
/// the one-hot columns of a categorical feature are missing together. With `redraw`, each epoch also misses other entries.
/// `description` is what the two sets have in common, without rows.
DataSplit draw_split(const Config& data, uint64_t seed, const Dataset& description, int64_t columns,
                     DrawRows draw);

/// Draws which entries of `set` are missing, by set.missing, into set.observed, and writes 0 in their place in set.x.
/// Tensors that are there are written in place. Does nothing where nothing can be missing.
void draw_missing(Dataset& set, const RandomKey& key);

/// The i-th of several sequences that a distribution needs side by side, all named by one key; the 0th is the key's own. For keys
/// whose step is an epoch, below 2^32.
RandomKey part(const RandomKey& key, uint64_t i);

/// set.coordinate's elements [rows], allocated at the first call, for a distribution to write.
float* positions_of(Dataset& set);
/// The classes of the rows, resized at the first call, for a distribution to write.
float* classes_of(Dataset& set, int64_t classes);
/// The values [rows] of the hidden factor of that name, a number, which is added at the first call, for a distribution to write.
float* factor_values(Dataset& set, const std::string& name);

/// Rows on two curves in the plane: class 0 or 1 with probability 1/2 each, t ~ U(0, length), which is the coordinate, and
/// point(class, t); plus noise N(0, noise^2) on each column. Without noise they lie on `arcs` (none: no arcs). Options:
/// noise (default 0), and those of draw_split.
DataSplit two_curves(const Config& data, uint64_t seed, float length,
                     const std::function<std::array<float, 2>(int32_t label, float t)>& point,
                     const std::vector<Arc>& arcs);

/// Adds N(0, stddev^2) to every entry; does nothing where stddev is 0.
void add_noise(Dataset& set, double stddev, const RandomKey& key);
/// The seed of the parameters of a random distribution (P, a random covariance): the setting structure_seed, by default
/// the run's seed. The resolved configuration of a run holds it, so that a finished run under another seed gets other
/// rows of the same distribution.
uint64_t structure_seed(const Config& data, uint64_t seed);

/// Writes rows x = factor z, z ~ N(0, I), into set.x: [rows, factor.rows].
void draw_linear_gaussian(Dataset& set, const Matrix& factor, const RandomKey& key);

}  // namespace elbow
