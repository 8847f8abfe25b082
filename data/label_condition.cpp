#include "data/label_condition.hpp"

#include <algorithm>

namespace elbow {

void LabelCondition::write(std::span<const int32_t> labels, Tensor& c, int64_t first, double withheld,
                           const RandomKey& key) const {
  constexpr auto op = "label_condition";
  const int64_t rows = int64_t(labels.size());
  if (c.rank() != 2 || c.dtype() != DType::float32 || c.size(0) != rows || first < 0 ||
      first + width() > c.size(1))
    fail(op, rows, " labels in columns ", first, " to ", first + width() - 1, " do not fit a ",
         name_of(c.dtype()), " tensor ", c.shape());
  if (!may_be_withheld && withheld != 0) fail(op, "without a column for it, a label cannot be withheld");

  const Tensor hidden = withheld > 0 ? bernoulli(key, {rows}, withheld) : Tensor();
  const float* hide = hidden ? hidden.data<float>() : nullptr;
  float* out = c.data<float>() + first;
  for (int64_t r = 0; r < rows; ++r, out += c.size(1)) {
    if (labels[r] < 0 || labels[r] >= classes)
      fail(op, "label ", labels[r], " of row ", r, " is not one of 0..", classes - 1);
    std::fill_n(out, width(), 0.0f);
    out[hide && hide[r] != 0 ? classes : labels[r]] = 1;
  }
  c.mark_written(op);
}

}  // namespace elbow
