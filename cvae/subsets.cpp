#include "cvae/subsets.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "autograd/random.hpp"
#include "base/streams.hpp"

namespace elbow {
double binomial(int64_t n, int64_t k) {
  double value = 1;
  k = std::min(k, n - k);
  for (int64_t i = 1; i <= k; ++i) value = value * double(n - k + i) / double(i);
  return std::round(value);
}

std::vector<Mask> subsets_of_size(int64_t columns, int64_t given) {
  std::vector<Mask> out;
  Mask mask(size_t(columns), false);
  std::fill(mask.end() - given, mask.end(), true);
  do out.push_back(mask);
  while (std::next_permutation(mask.begin(), mask.end()));
  return out;
}

std::vector<Mask> subsets_of_size(int64_t columns, int64_t given, int64_t most, uint64_t seed) {
  if (binomial(columns, given) <= double(most)) return subsets_of_size(columns, given);
  std::vector<Mask> out;
  std::set<Mask> seen;
  for (uint64_t step = 0; int64_t(out.size()) < most; ++step) {
    const auto order = permutation({seed, stream::evaluation_masks, (uint64_t(given) << 32) + step}, columns);
    Mask mask(size_t(columns), false);
    for (int64_t i = 0; i < given; ++i) mask[size_t(order[size_t(i)])] = true;
    if (seen.insert(mask).second) out.push_back(mask);
  }
  return out;
}

std::vector<int64_t> subset_sizes(int64_t columns, int64_t most) {
  std::vector<int64_t> out;
  const int64_t n = std::min(columns + 1, std::max<int64_t>(2, most));
  for (int64_t i = 0; i < n; ++i) out.push_back((i * columns + (n - 1) / 2) / std::max<int64_t>(1, n - 1));
  return out;
}

}  // namespace elbow
