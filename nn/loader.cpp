#include "nn/loader.hpp"

#include <algorithm>

namespace elbow {

void gather_rows(const Tensor& from, std::span<const int64_t> index, Tensor& to) {
  dispatch(from.dtype(), [&]<class T>() {
    const int64_t columns = from.size(0) > 0 ? from.numel() / from.size(0) : 0;
    const T* source = from.data<T>();  // [rows, columns]
    T* target = to.data<T>();          // [index.size(), columns]
    for (const int64_t row : index) target = std::copy_n(source + row * columns, columns, target);
  });
  to.mark_written("loader");
}

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
