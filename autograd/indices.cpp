#include "autograd/indices.hpp"

#include "base/error.hpp"

namespace elbow {

Indices::Indices(std::vector<int64_t> values, const Shape& shape)
    : values_(std::make_shared<const std::vector<int64_t>>(std::move(values))), shape_(shape) {
  if (numel() != shape.numel()) fail("Indices", numel(), " numbers do not fill the shape ", shape);
}

void Indices::require_below(int64_t limit, const char* op) const {
  for (int64_t i = 0; i < numel(); ++i)
    if ((*this)[i] < 0 || (*this)[i] >= limit)
      fail(op, "index ", (*this)[i], " (number ", i, ") is not in [0, ", limit, ")");
}

}  // namespace elbow
