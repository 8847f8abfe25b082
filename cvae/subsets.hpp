#pragma once
#include <cstdint>
#include <vector>

#include "cvae/gaussian.hpp"

namespace elbow {

/// n choose k, 0 <= k <= n: exact below 2^53.
double binomial(int64_t n, int64_t k);

/// All subsets of `columns` columns with `given` of them.
std::vector<Mask> subsets_of_size(int64_t columns, int64_t given);

/// All of them, or `most` different ones drawn from the seed when there are more than that.
std::vector<Mask> subsets_of_size(int64_t columns, int64_t given, int64_t most, uint64_t seed);

/// The sizes that are evaluated: all of 0..columns, or about `most` of them evenly spread, both ends included.
std::vector<int64_t> subset_sizes(int64_t columns, int64_t most);

}  // namespace elbow
