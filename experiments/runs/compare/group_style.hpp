#pragma once
#include <string>

#include "experiments/report/panel.hpp"
#include "experiments/runs/compare/comparison.hpp"

namespace elbow {

inline const std::string optimum_line = "lc rgb '#202020' lw 1 dt (14,8)";

/// The name of a setting as a figure prints it: a Greek letter for loss.beta.
std::string setting_name(const std::string& key);

/// The style of the groups of a comparison, the same in each of its figures. Up to six groups have a colour each. More
/// groups have a scale of colours if they are sorted by a number, and differ in the shape of their points as well
/// otherwise.
class GroupStyle {
 public:
  explicit GroupStyle(const Comparison& comparison) : comparison_(comparison) {}

  /// "lc rgb '#rrggbb'" of a group.
  std::string colour(std::size_t group, double opacity = 1) const;
  /// "pt N" of a group.
  std::string point(std::size_t group) const;
  /// Says above the panel which is which.
  void explain(Panel& panel) const;

 private:
  bool scale() const;
  const Comparison& comparison_;
};

}  // namespace elbow
