#include "data/label_condition.hpp"

#include <algorithm>

namespace elbow {

void LabelCondition::write(std::span<const int32_t> labels, Tensor& c, int64_t first) const {
  constexpr auto op = "label_condition";
  const int64_t rows = int64_t(labels.size());
  if (c.rank() != 2 || c.dtype() != DType::float32 || c.size(0) != rows || first < 0 ||
      first + width() > c.size(1))
    fail(op, rows, " labels in columns ", first, " to ", first + width() - 1, " do not fit a ",
         name_of(c.dtype()), " tensor ", c.shape());

  float* out = c.data<float>() + first;
  for (int64_t r = 0; r < rows; ++r, out += c.size(1)) {
    const int32_t label = labels[size_t(r)];
    if (label == not_given && !may_be_withheld)
      fail(op, "without a column for it, the label of row ", r, " cannot be withheld");
    if (label != not_given && (label < 0 || label >= classes))
      fail(op, "label ", label, " of row ", r, " is not one of 0..", classes - 1);
    std::fill_n(out, width(), 0.0f);
    out[label == not_given ? classes : label] = 1;
  }
  c.mark_written(op);
}

}  // namespace elbow
