#include "nn/loader.hpp"

#include <algorithm>
#include <numeric>

namespace elbow {

BatchOrder::BatchOrder(int64_t rows, int64_t batch_rows, LastBatch last)
    : batch_rows_(batch_rows), order_(static_cast<size_t>(rows)) {
  if (batch_rows < 1) fail("batches", "a batch has at least one row, not ", batch_rows);
  count_ = rows / batch_rows + (last == LastBatch::keep && rest_rows() > 0 ? 1 : 0);
  if (count_ == 0) fail("batches", "the set has ", rows, " rows, too few for a batch of ", batch_rows);
  std::iota(order_.begin(), order_.end(), 0);
}

int64_t BatchOrder::rows() const { return std::min(count_ * batch_rows_, int64_t(order_.size())); }

void BatchOrder::shuffle(const RandomKey& key) { order_ = permutation(key, int64_t(order_.size())); }

std::span<const int64_t> BatchOrder::batch(int64_t i) const {
  if (i < 0 || i >= count_) fail("batches", "there is no batch ", i, " among ", count_);
  const size_t first = size_t(i * batch_rows_);
  return std::span(order_).subspan(first, std::min(size_t(batch_rows_), order_.size() - first));
}

void gather_rows(const Tensor& from, std::span<const int64_t> index, Tensor& to) {
  dispatch(from.dtype(), [&]<class T>() {
    const int64_t rows = from.size(0), columns = rows > 0 ? from.numel() / rows : 0;
    const T* source = from.data<T>();  // [rows, columns]
    T* target = to.data<T>();          // [index.size(), columns]
    for (const int64_t row : index) {
      if (row < 0 || row >= rows) fail("batches", "there is no row ", row, " among ", rows);
      target = std::copy_n(source + row * columns, columns, target);
    }
  });
  to.mark_written("batches");
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
