#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.hpp"
#include "nn/loader.hpp"

namespace elbow {

/// One mini-batch. Its tensors are written again by the next one. What the set holds in the place of a missing entry,
/// a NaN even, does not get here: from here on it can reach neither a loss nor a condition nor an encoder.
struct Batch {
  Tensor x;           ///< [rows, columns] float32; 0 where an entry is missing
  Tensor observed;    ///< [rows, columns] float32, 0 = missing; undefined where nothing is missing in the set
  Tensor input;       ///< what the encoder sees: x, or [x, observed] side by side where entries may be missing
  Tensor attributes;  ///< [rows, attributes] float32, NaN where unknown; undefined where the set has none
  std::span<const int64_t> index;  ///< [rows]: which rows of the set they are
};

/// The same batch with its columns on that device; conditions are written on the host.
Batch on_device(const Batch& batch, Device device);

/// How many columns the encoder sees of a row of `set`: those of x, twice as many where entries may be missing.
int64_t input_columns(const Dataset& set);

/// What the encoder sees of rows x [rows, columns] whose entries `observed` (undefined: all) are present.
Tensor encoder_input(const Tensor& x, const Tensor& observed);

/// The rows `index` of a set as a separate batch, which refers to `index`.
Batch rows_of(const Dataset& set, std::span<const int64_t> index);

/// Cuts a data set into mini-batches: in its own order until shuffle() is called. Batch i of an epoch is a
/// function of the set, the shuffle's key and i, so that training resumes anywhere. After construction only
/// shuffle() allocates.
class Batches {
 public:
  /// Refers to `set`, which must live on. Error if batch_rows < 1, or if no batch would be left.
  Batches(const Dataset& set, int64_t batch_rows, LastBatch last);

  /// How many batches an epoch has.
  int64_t count() const { return order_.count(); }
  /// How many rows an epoch has: those of the set, less the ones dropped.
  int64_t rows() const { return order_.rows(); }

  /// Puts the rows in the random order that `key` names: RandomKey{seed, stream::shuffle, epoch}.
  void shuffle(const RandomKey& key) { order_.shuffle(key); }

  /// Which rows make up each batch.
  const BatchOrder& order() const { return order_; }

  /// Gathers batch i, 0 <= i < count().
  const Batch& get(int64_t i);

 private:
  const Dataset& set_;
  BatchOrder order_;
  Batch whole_, rest_;  // the last batch of an epoch may be a smaller one
};

}  // namespace elbow
