#include "nn/loader.hpp"

namespace elbow {

int64_t common_rows(const Tensor* tensors, size_t n) {
  for (size_t t = 0; t < n; ++t) {
    if (!tensors[t] || tensors[t].rank() == 0) fail("loader", "tensor ", t, " has no rows");
    if (tensors[t].size(0) != tensors[0].size(0))
      fail("loader", "all tensors must have the same number of rows: tensor 0 is ", tensors[0].shape(),
           ", tensor ", t, " is ", tensors[t].shape());
  }
  return tensors[0].size(0);
}

}  // namespace elbow
