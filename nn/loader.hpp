#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "autograd/random.hpp"
#include "base/streams.hpp"

namespace elbow {

/// What becomes of the rows left over when the batch size does not divide their number.
enum class LastBatch : uint8_t {
  drop,  ///< for training: batch normalisation needs whole batches, and the next epoch shuffles other rows to
         ///< the end
  keep   ///< for evaluation: every row counts
};

/// Which rows make up each mini-batch of an epoch: in their own order until shuffle() is called.
class BatchOrder {
 public:
  /// Error if batch_rows < 1, or if no batch would be left.
  BatchOrder(int64_t rows, int64_t batch_rows, LastBatch last);

  /// How many batches an epoch has.
  int64_t count() const { return count_; }
  /// How many rows an epoch has: all, less the ones dropped.
  int64_t rows() const;
  /// How many rows a whole batch has, and how many are left over behind the last whole one.
  int64_t batch_rows() const { return batch_rows_; }
  int64_t rest_rows() const { return int64_t(order_.size()) % batch_rows_; }

  /// Puts the rows in the random order that `key` names: RandomKey{seed, stream::shuffle, epoch}.
  void shuffle(const RandomKey& key);
  /// The rows of batch i, valid until the next shuffle. Error unless 0 <= i < count().
  std::span<const int64_t> batch(int64_t i) const;

 private:
  int64_t batch_rows_, count_ = 0;
  std::vector<int64_t> order_;
};

/// Writes the rows `index` of `from` [rows, ...] to `to` [index.size(), ...], which must be of the same dtype. Error for a
/// row that is not there.
void gather_rows(const Tensor& from, std::span<const int64_t> index, Tensor& to);

struct LoaderOptions {
  int64_t batch_rows = 32;
  bool shuffle = true;
  LastBatch last = LastBatch::keep;
  uint64_t seed = 0;  ///< of the order of the rows
};

/// Mini-batches of N tensors that have their rows in common (PyTorch's DataLoader on a TensorDataset):
///
///     Loader loader({x, y}, {.batch_rows = 64});
///     for (uint64_t epoch = 0; epoch < 10; ++epoch)
///       for (const auto& [bx, by] : loader.epoch(epoch)) ...   // bx: up to 64 rows of x, by: the same rows of y
///
/// The order of the rows is a function of the seed and the epoch alone, so that training resumes anywhere. A batch is valid
/// until the next one, which is written into the same memory; clone() keeps one. After construction only the order of a new
/// epoch allocates.
template <size_t N> class Loader {
 public:
  using Batch = std::array<Tensor, N>;

  /// Shares the elements of the tensors. Error if they differ in their number of rows or have none, or if no batch would
  /// be left (see BatchOrder).
  Loader(const Tensor (&tensors)[N], const LoaderOptions& options = {});

  /// How many batches an epoch has.
  int64_t count() const { return order_.count(); }
  /// How many rows an epoch has: those of the tensors, less the ones dropped.
  int64_t rows() const { return order_.rows(); }

  /// The batches of an epoch, for a range-for loop; it ends the epoch before.
  struct Epoch;
  Epoch epoch(uint64_t epoch);

  /// Batch i of the running epoch, 0 <= i < count().
  const Batch& get(int64_t i);

 private:
  Batch tensors_, whole_, rest_;  // the last batch of an epoch may be a smaller one
  BatchOrder order_;
  LoaderOptions options_;
};

/// The common number of rows of n tensors. Error if they differ, or if one of them has no rows.
int64_t common_rows(const Tensor* tensors, size_t n);

template <size_t N> struct Loader<N>::Epoch {
  struct Iterator {
    Loader& loader;
    int64_t i;
    const Batch& operator*() const { return loader.get(i); }
    Iterator& operator++() { return ++i, *this; }
    bool operator!=(const Iterator& other) const { return i != other.i; }
  };
  Iterator begin() const { return {loader, 0}; }
  Iterator end() const { return {loader, loader.count()}; }
  Loader& loader;
};

template <size_t N>
Loader<N>::Loader(const Tensor (&tensors)[N], const LoaderOptions& options)
    : tensors_(std::to_array(tensors)),
      order_(common_rows(tensors, N), options.batch_rows, options.last),
      options_(options) {
  for (size_t t = 0; t < N; ++t) {
    Shape shape = tensors[t].shape();
    shape[0] = order_.batch_rows();
    whole_[t] = Tensor::empty(shape, tensors[t].dtype());
    shape[0] = order_.rest_rows();
    rest_[t] = Tensor::empty(shape, tensors[t].dtype());
  }
}

template <size_t N> typename Loader<N>::Epoch Loader<N>::epoch(uint64_t epoch) {
  if (options_.shuffle) order_.shuffle({options_.seed, stream::shuffle, epoch});
  return {*this};
}

template <size_t N> const typename Loader<N>::Batch& Loader<N>::get(int64_t i) {
  const std::span<const int64_t> index = order_.batch(i);
  Batch& batch = int64_t(index.size()) == order_.batch_rows() ? whole_ : rest_;
  for (size_t t = 0; t < N; ++t) gather_rows(tensors_[t], index, batch[t]);
  return batch;
}

}  // namespace elbow
