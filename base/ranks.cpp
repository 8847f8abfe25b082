#include "base/ranks.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace elbow {

template <class T> void add_in_order(std::span<T* const> vectors, T* total, int64_t n, bool add) {
  constexpr int64_t grain = 1 << 13;  // stays in the first cache while the vectors pass by
  const auto range = [&](int64_t begin, int64_t end) {
    for (size_t v = 0; v < vectors.size(); ++v) {
      const T* from = vectors[v];
      if (v > 0 || add)
        for (int64_t i = begin; i < end; ++i) total[i] += from[i];
      else if (from != total)
        std::copy(from + begin, from + end, total + begin);
    }
  };
  parallel_ranges(n, grain, RangeWork(range));
}
template void add_in_order(std::span<float* const>, float*, int64_t, bool);
template void add_in_order(std::span<double* const>, double*, int64_t, bool);

const Ranks& alone() {
  static const Ranks only;
  return only;
}

void Ranks::sum(std::span<double* const> own, int64_t, double* total, int64_t n) const {
  add_in_order(own, total, n, false);
}
void Ranks::sum(std::span<float* const> own, int64_t, float* total, int64_t n) const {
  add_in_order(own, total, n, false);
}

}  // namespace elbow
