#pragma once
#include <cstdint>
#include <span>

#include "autograd/tensor.hpp"

namespace elbow {

/// A class label as a condition: one column per class, 1 in the label's column; and, where labels may be
/// withheld, a last column that is 1 when the label is.
struct LabelCondition {
  static constexpr int32_t not_given = -1;  ///< in the place of a label that is withheld

  int32_t classes = 0;
  bool may_be_withheld = false;

  int64_t width() const { return classes + (may_be_withheld ? 1 : 0); }

  /// Writes the conditions of `labels` [rows] into columns first, first + 1, ..., of c [rows, >= first +
  /// width()], so that several labels can stand side by side. Error if the sizes do not fit, or a label is not in
  /// 0..classes-1, nor not_given where labels may be withheld.
  void write(std::span<const int32_t> labels, Tensor& c, int64_t first = 0) const;
};

}  // namespace elbow
