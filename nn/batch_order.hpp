#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "autograd/random.hpp"

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

}  // namespace elbow
