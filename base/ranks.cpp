#include "base/ranks.hpp"

namespace elbow {
namespace {

template <class T> void sum_alone(std::span<T* const> own, T* total, int64_t n) {
  std::vector<SumOfParts<T>> parts;
  for (T* values : own) parts.push_back({{int64_t(parts.size()), 1}, values});
  sum_by_halves<T>(parts, total, n);
}

}  // namespace

const Ranks& alone() {
  static const Ranks only;
  return only;
}

void Ranks::sum(std::span<double* const> own, int64_t, double* total, int64_t n) const {
  sum_alone(own, total, n);
}
void Ranks::sum(std::span<float* const> own, int64_t, float* total, int64_t n) const {
  sum_alone(own, total, n);
}
void Ranks::sum_range(std::span<float* const> own, int64_t parts, float* total, int64_t n) const {
  sum(own, parts, total, n);
}
void Ranks::gather(float*, int64_t n, const std::function<void(Range)>& make) const { make({0, n}); }

}  // namespace elbow
