#include "data/batches.hpp"

#include "autograd/ops.hpp"

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
}

// The labels of the rows `index`, kept in `out`.
std::span<const int32_t> gather_labels(const Labels& labels, std::span<const int64_t> index,
                                       std::vector<int32_t>& out) {
  out.clear();
  for (const int64_t row : index) out.push_back(labels.values[size_t(row)]);
  return out;
}

}  // namespace

Batch rows_of(const Dataset& set, std::span<const int64_t> index) {
  Batch batch;
  batch.x = Tensor::empty({int64_t(index.size()), set.columns()});
  if (set.observed) batch.observed = Tensor::empty(batch.x.shape());
  gather(set, index, batch);
  return batch;
}

Batches::Batches(const Dataset& set, int64_t batch_rows, LastBatch last)
    : set_(set), order_(set.rows(), batch_rows, last) {
  whole_.x = Tensor::empty({batch_rows, set.columns()});
  rest_.x = Tensor::empty({order_.rest_rows(), set.columns()});
  if (set.observed)
    for (Batch* batch : {&whole_, &rest_}) batch->observed = Tensor::empty(batch->x.shape());
}

const Batch& Batches::get(int64_t i) {
  const std::span<const int64_t> index = order_.batch(i);
  Batch& batch = int64_t(index.size()) == order_.batch_rows() ? whole_ : rest_;
  gather(set_, index, batch);
  if (set_.labels) batch.labels = gather_labels(*set_.labels, batch.index, labels_);
  if (set_.colours) batch.colours = gather_labels(*set_.colours, batch.index, colours_);
  return batch;
}

}  // namespace elbow
