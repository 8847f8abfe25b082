#include "base/sum_by_halves.hpp"

#include <algorithm>
#include <utility>

#include "base/parallel.hpp"

namespace elbow {
namespace {

constexpr int64_t at_once =
    1 << 8;  // elements: what is added stays in the first cache, also where there are many parts

// Parts first .. last - 1 of the elements from `at` on, at most at_once of them. `next`: the sum that begins with part `first`.
// Returns where the sum is: in that vector, if it is one, else in `room`. `room` may be one of the vectors: it is written last.
template <class T>
const T* sum_of_halves(int64_t first, int64_t last, const SumOfParts<T>*& next, int64_t at, int64_t n,
                       T* room) {
  if (next->parts.count == last - first) return next++->values + at;
  const int64_t middle = first + (last - first) / 2;
  T room_of_left[at_once], room_of_right[at_once];
  const T* left = sum_of_halves(first, middle, next, at, n, room_of_left);
  const T* right = sum_of_halves(middle, last, next, at, n, room_of_right);
  if (right == room) std::swap(left, right);
  if (left == room)  // a loop of its own, because compilers want vectors that do not overlap
    for (int64_t i = 0; i < n; ++i) room[i] += right[i];
  else
    for (int64_t i = 0; i < n; ++i) room[i] = left[i] + right[i];
  return room;
}

void add_sums_within(Parts own, int64_t first, int64_t last, std::vector<Parts>& out) {
  if (own.first >= last || own.first + own.count <= first) return;
  if (own.first <= first && last <= own.first + own.count) {
    out.push_back({first, last - first});
    return;
  }
  const int64_t middle = first + (last - first) / 2;
  add_sums_within(own, first, middle, out);
  add_sums_within(own, middle, last, out);
}

}  // namespace

template <class T> void sum_by_halves(std::span<const SumOfParts<T>> sums, T* total, int64_t n) {
  const int64_t first = sums.front().parts.first, last = sums.back().parts.first + sums.back().parts.count;
  const auto range = [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at += at_once) {
      const int64_t length = std::min(at_once, end - at);
      const SumOfParts<T>* next = sums.data();
      const T* const sum = sum_of_halves(first, last, next, at, length, total + at);
      if (sum != total + at) std::copy_n(sum, length, total + at);
    }
  };
  parallel_ranges(n, 1 << 13, RangeWork(range));
}
template void sum_by_halves(std::span<const SumOfParts<float>>, float*, int64_t);
template void sum_by_halves(std::span<const SumOfParts<double>>, double*, int64_t);

std::vector<Parts> sums_within(Parts own, int64_t parts) {
  std::vector<Parts> out;
  add_sums_within(own, 0, parts, out);
  return out;
}

}  // namespace elbow
