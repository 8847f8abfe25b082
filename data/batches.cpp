#include "data/batches.hpp"

#include <algorithm>
#include <numeric>

#include "autograd/ops.hpp"

namespace elbow {

int64_t input_columns(const Dataset& set) { return (set.observed ? 2 : 1) * set.columns(); }

Tensor encoder_input(const Tensor& x, const Tensor& observed) { return observed ? concat(x, observed, 1) : x; }

namespace {

// Writes the rows `index` of the set into the batch, whose tensors have the right sizes.
void gather(const Dataset& set, std::span<const int64_t> index, Batch& batch) {
  batch.index = index;
  set.x.gather(index, batch.x.data<float>());
  if (set.observed) {
    Rows(set.observed).gather(index, batch.observed.data<float>());
    const float* observed = batch.observed.data<float>();
    float* x = batch.x.data<float>();
    for (int64_t i = 0; i < batch.x.numel(); ++i)
      if (observed[i] == 0) x[i] = 0;
    batch.observed.mark_written("batches");
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

Batches::Batches(const Dataset& set, int64_t batch_rows, LastBatch last) : set_(set), batch_rows_(batch_rows) {
  if (batch_rows < 1) fail("batches", "a batch has at least one row, not ", batch_rows);
  const int64_t left_over = set.rows() % batch_rows;
  count_ = set.rows() / batch_rows + (last == LastBatch::keep && left_over > 0 ? 1 : 0);
  if (count_ == 0) fail("batches", "the set has ", set.rows(), " rows, too few for a batch of ", batch_rows);
  order_.resize(static_cast<size_t>(set.rows()));
  std::iota(order_.begin(), order_.end(), 0);
  whole_.x = Tensor::empty({batch_rows, set.columns()});
  rest_.x = whole_.x.view({std::min(left_over, batch_rows), set.columns()});
  if (set.observed) {
    whole_.observed = Tensor::empty(whole_.x.shape());
    rest_.observed = whole_.observed.view(rest_.x.shape());
  }
}

int64_t Batches::rows() const { return std::min(count_ * batch_rows_, set_.rows()); }

void Batches::shuffle(const RandomKey& key) { order_ = permutation(key, set_.rows()); }

const Batch& Batches::get(int64_t i) {
  if (i < 0 || i >= count_) fail("batches", "there is no batch ", i, " among ", count_);
  const int64_t first = i * batch_rows_, n = std::min(batch_rows_, set_.rows() - first);
  Batch& batch = n == batch_rows_ ? whole_ : rest_;
  gather(set_, std::span<const int64_t>(order_).subspan(size_t(first), size_t(n)), batch);
  if (set_.labels) batch.labels = gather_labels(*set_.labels, batch.index, labels_);
  if (set_.colours) batch.colours = gather_labels(*set_.colours, batch.index, colours_);
  return batch;
}

}  // namespace elbow
