#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace elbow {

/// Parts first .. first + count - 1 of a sum.
struct Parts {
  int64_t first, count;
};

/// The sum of some parts, each a vector [n].
template <class T> struct SumOfParts {
  Parts parts;
  T* values;
};

/// total[n] = the sum of all parts by halves: the sum of the first half of the parts, which is the smaller one, plus that of the
/// others, and so on down to single parts. Floating-point sums depend on their order. In this one, neighbours can be added before
/// anybody knows the rest: `sums`, side by side, are what has been added so far, each a sum that the order asks for. `total` may be
/// one of them. On all threads, with the same bits for any number of them.
template <class T> void sum_by_halves(std::span<const SumOfParts<T>> sums, T* total, int64_t n);

/// The fewest sums that the order asks for and that these parts, out of `parts` in all, can be added up to: one where they are all
/// parts, a half, a quarter; a few in other cases.
std::vector<Parts> sums_within(Parts own, int64_t parts);

}  // namespace elbow
