#pragma once
#include <string>
#include <vector>

#include "experiments/report/panel.hpp"

namespace elbow {

/// Ticks at multiples of the smallest of 1, 2, 5 times a power of ten that divides the range into at most `most` intervals, all
/// with the same number of decimals; commands of gnuplot for the axis 'x' or 'y'.
std::string regular_ticks(char axis, const Panel::Range& range, int most, bool whole);

/// How many letters of a tick's text under the x axis are shown; a longer one loses its middle.
inline constexpr std::size_t longest_tick = 16;

/// Every so many of the ticks, as a list in gnuplot, with up to `longest` letters each.
std::string named_ticks(const std::vector<Panel::Tick>& ticks, std::size_t every, std::size_t longest);

/// Widens the shorter of two ranges about its middle until `x` and `y` have the proportion width : height.
void equalise(Panel::Range& x, Panel::Range& y, double width, double height);

/// The range on a logarithmic axis: from a power of ten, with room above its end.
Panel::Range whole_decades(const Panel::Range& range);

}  // namespace elbow
