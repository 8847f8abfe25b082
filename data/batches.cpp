#include "data/batches.hpp"

#include "autograd/ops.hpp"
#include "autograd/profile.hpp"

namespace elbow {

int64_t input_columns(const Dataset& set) { return (set.observed ? 2 : 1) * set.columns(); }

Tensor encoder_input(const Tensor& x, const Tensor& observed) { return observed ? concat(x, observed, 1) : x; }

Batch on_device(const Batch& batch, Device device) {
  Batch there = batch;
  there.x = batch.x.to(device);
  if (batch.observed) there.observed = batch.observed.to(device);
  there.input = batch.input.same_as(batch.x) ? there.x : batch.input.to(device);
  return there;
}

namespace {

// Writes the rows `index` of the set into the batch, whose tensors have the right sizes.
void gather(const Dataset& set, std::span<const int64_t> index, Batch& batch) {
  batch.index = index;
  set.x.gather(index, batch.x.data<float>());
  if (set.observed) {
    gather_rows(set.observed, index, batch.observed);
    const float* observed = batch.observed.data<float>();
    float* x = batch.x.data<float>();
    for (int64_t i = 0; i < batch.x.numel(); ++i)
      if (observed[i] == 0) x[i] = 0;
  }
  batch.x.mark_written("batches");
  batch.input = encoder_input(batch.x, batch.observed);
  const size_t attributes = set.attributes.size();
  for (size_t a = 0; a < attributes; ++a)
    for (size_t r = 0; r < index.size(); ++r)
      batch.attributes.data<float>()[r * attributes + a] = set.attributes[a].values[size_t(index[r])];
}

// The tensors of a batch of `rows` rows.
Batch empty_batch(const Dataset& set, int64_t rows) {
  Batch batch;
  batch.x = Tensor::empty({rows, set.columns()});
  if (set.observed) batch.observed = Tensor::empty(batch.x.shape());
  if (!set.attributes.empty()) batch.attributes = Tensor::empty({rows, int64_t(set.attributes.size())});
  return batch;
}

}  // namespace

Batch rows_of(const Dataset& set, std::span<const int64_t> index) {
  Batch batch = empty_batch(set, int64_t(index.size()));
  gather(set, index, batch);
  return batch;
}

Batches::Batches(const Dataset& set, int64_t batch_rows, LastBatch last)
    : set_(set),
      order_(set.rows(), batch_rows, last),
      whole_(empty_batch(set, batch_rows)),
      rest_(empty_batch(set, order_.rest_rows())) {}

const Batch& Batches::get(int64_t i) {
  const Timed timed("batch", Work::beside);
  const std::span<const int64_t> index = order_.batch(i);
  Batch& batch = int64_t(index.size()) == order_.batch_rows() ? whole_ : rest_;
  gather(set_, index, batch);
  return batch;
}

}  // namespace elbow
