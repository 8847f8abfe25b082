#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/ranks.hpp"

namespace elbow {

class Blocks;

/// One of the blocks of rows that a batch is cut into, for the thread that computes it. What is taken over all rows of the batch asks
/// for it: current(). Without blocks a batch is computed as a whole, and there is none.
class Block {
 public:
  int64_t first, rows;  ///< of the batch's rows: first .. first + rows - 1
  int64_t batch_rows;   ///< of the batch as a whole

  /// The block that the calling thread computes; null if it computes none.
  static const Block* current();

  /// Replaces values[n] by their sum over all blocks of the batch, by halves of the blocks, so that it depends neither on
  /// threads nor on ranks. All blocks call it alike; it waits for them.
  void sum(float* values, int64_t n) const;
  void sum(double* values, int64_t n) const;

 private:
  friend class Blocks;
  Block(int64_t first, int64_t rows, int64_t batch_rows, Blocks& all, size_t index)
      : first(first), rows(rows), batch_rows(batch_rows), all_(&all), index_(index) {}
  Blocks* all_;
  size_t index_;  // among those of this rank
};

/// How many rows the batch has of which the calling thread computes `rows`: more where it computes a block. The rows may be several
/// copies of the block's.
inline int64_t rows_of_batch(int64_t rows) {
  const Block* block = Block::current();
  return block ? rows / block->rows * block->batch_rows : rows;
}

/// Cuts batches into blocks whose positions depend on nothing but their number, and computes those of this rank: each on a thread of its
/// own, because each must come to the sums of a batch before any may leave them. No more threads run at once than num_threads(), or than
/// are asked for: one, where they share a resource such as a GPU. What a block calls stays on its thread.
class Blocks {
 public:
  /// `blocks` of them over all ranks, each with at least one row. Error if there are too many for the rows, or fewer than ranks.
  /// at_once: of this rank's that run at once; 0: num_threads().
  Blocks(const Ranks& ranks, int64_t blocks, int64_t batch_rows, int at_once = 0);
  ~Blocks();
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  /// How many this rank computes.
  int64_t count() const { return int64_t(blocks_.size()); }
  /// f(i, block) for block i < count() of this rank, side by side. Rethrows the error of one; the others then stop at their next sum.
  void run(const std::function<void(int64_t i, const Block& block)>& f);
  /// total[n] = the sum over the blocks of all ranks, by halves; own[i] is what block i of this rank has, and is lost. `total` may be
  /// own[0].
  template <class T> void sum(const std::vector<T*>& own, T* total, int64_t n) const {
    ranks_.sum(std::span<T* const>(own), parts_, total, n);
  }
  /// The same for this rank's range of the sum (Ranks::range) alone.
  void sum_range(const std::vector<float*>& own, float* total, int64_t n) const {
    ranks_.sum_range(std::span<float* const>(own), parts_, total, n);
  }

 private:
  friend class Block;
  template <class T> void sum_of(size_t i, T* values, int64_t n);
  void take_core(std::unique_lock<std::mutex>& lock);
  void work(size_t i);

  const Ranks& ranks_;
  const int64_t parts_;
  std::vector<Block> blocks_;

  std::mutex mutex_;
  std::condition_variable changed_;
  int cores_;                                                         // that no block computes on
  const std::function<void(int64_t, const Block&)>* task_ = nullptr;  // of the run
  uint64_t runs_ = 0, sums_ = 0;                                      // how many were begun, and ended
  size_t unfinished_ = 0, arrived_ = 0;                               // blocks: of the run, at the sum
  std::vector<void*> parts_of_sum_;
  std::vector<std::byte> total_;  // of a sum
  std::exception_ptr error_;      // of the run
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace elbow
