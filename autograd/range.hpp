#pragma once
#include <concepts>
#include <cstdint>
#include <limits>

namespace elbow {

/// The indices first, first + step, ... before `last` along an axis: what `first:last:step` is in NumPy. `first` and `last`
/// count from the back when negative, and are cut to the axis's size; the step is at least 1.
struct Range {
  static constexpr int64_t end =
      std::numeric_limits<int64_t>::max();  ///< `last` that means the end of the axis
  int64_t first, last, step;
  constexpr explicit Range(int64_t first, int64_t last = end, int64_t step = 1)
      : first(first), last(last), step(step) {}
};

/// The whole axis: what `:` is in NumPy.
struct All {};
inline constexpr All all;

/// What a tensor's call operator takes for one axis.
struct AxisIndex {
  Range range;
  bool drops = false;  ///< a whole number: the axis is taken away
  constexpr AxisIndex(All) : range(0) {}
  constexpr AxisIndex(const Range& range) : range(range) {}
  template <std::integral I> constexpr AxisIndex(I index) : range(int64_t(index)), drops(true) {}
};

}  // namespace elbow
