#pragma once
#include "experiments/report/panel.hpp"

namespace elbow {

/// A number as a label beside its point.
struct PlacedLabel {
  double x, y;  ///< the middle of the text
  double number;
  double end_x,
      end_y;  ///< where a line from the point to the label ends; NaN where the label lies close to its point
};

/// Places for labels [x, y, number], each as near to its point as there is room: labels do not lie on each other, nor on
/// the `obstacles` [x, y, ...], as far as that can be had. `x` and `y` are what the panel shows.
std::vector<PlacedLabel> place_labels(const Points& labels, const Points& obstacles, const Panel::Range& x,
                                      const Panel::Range& y);

}  // namespace elbow
