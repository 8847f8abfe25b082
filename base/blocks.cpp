#include "base/blocks.hpp"

#include <algorithm>
#include <utility>

#include "base/parallel.hpp"

namespace elbow {
namespace {

thread_local const Block* current_block = nullptr;

// Another block has failed, and will say why.
struct Abandoned {};

}  // namespace

const Block* Block::current() { return current_block; }
void Block::sum(float* values, int64_t n) const { all_->sum_of(index_, values, n); }
void Block::sum(double* values, int64_t n) const { all_->sum_of(index_, values, n); }

Blocks::Blocks(const Ranks& ranks, int64_t blocks, int64_t batch_rows, int at_once)
    : ranks_(ranks), parts_(blocks), cores_(at_once > 0 ? at_once : num_threads()) {
  if (blocks > batch_rows)
    throw Error(str("a batch of ", batch_rows, " rows cannot be cut into ", blocks, " blocks"));
  if (blocks < ranks.size())
    throw Error(str(blocks, blocks == 1 ? " block" : " blocks", " cannot be shared out among ", ranks.size(),
                    " ranks: each needs at least one"));
  const auto [first, count] = ranks.share(blocks);
  for (int64_t b = first; b < first + count; ++b) {
    const int64_t begin = batch_rows * b / blocks, end = batch_rows * (b + 1) / blocks;
    blocks_.push_back(Block(begin, end - begin, batch_rows, *this, size_t(b - first)));
  }
  parts_of_sum_.resize(blocks_.size());
  for (size_t i = 0; i < blocks_.size(); ++i) threads_.emplace_back([this, i] { work(i); });
}

Blocks::~Blocks() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Blocks::run(const std::function<void(int64_t, const Block&)>& f) {
  std::unique_lock lock(mutex_);
  task_ = &f;
  error_ = nullptr;
  unfinished_ = blocks_.size();
  arrived_ = 0;
  ++runs_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return unfinished_ == 0; });
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Blocks::take_core(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return cores_ > 0; });
  --cores_;
}

// A thread's life.
void Blocks::work(size_t i) {
  current_block = &blocks_[i];
  const AtWork at_work;
  std::unique_lock lock(mutex_);
  for (uint64_t done = 0;; ++done) {
    changed_.wait(lock, [&] { return ending_ || runs_ > done; });
    if (ending_) return;
    take_core(lock);
    lock.unlock();
    std::exception_ptr error;
    try {
      (*task_)(int64_t(i), blocks_[i]);
    } catch (const Abandoned&) {
    } catch (...) { error = std::current_exception(); }
    lock.lock();
    if (error && !error_) error_ = error;
    ++cores_;
    --unfinished_;
    changed_.notify_all();
  }
}

template <class T> void Blocks::sum_of(size_t i, T* values, int64_t n) {
  std::unique_lock lock(mutex_);
  if (error_) throw Abandoned();
  parts_of_sum_[i] = values;
  if (++arrived_ < blocks_.size()) {  // gives its core to another block until the last one has come
    const uint64_t before = sums_;
    ++cores_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return error_ || sums_ > before; });
    take_core(lock);
    if (sums_ == before) throw Abandoned();
  } else {
    std::vector<T*> own;
    for (void* part : parts_of_sum_) own.push_back(static_cast<T*>(part));
    total_.resize(std::max(total_.size(), size_t(n) * sizeof(T)));
    sum(own, reinterpret_cast<T*>(total_.data()), n);
    arrived_ = 0;
    ++sums_;
    changed_.notify_all();
  }
  lock.unlock();
  // Nobody comes to write the next total before all have come to the next sum.
  std::copy_n(reinterpret_cast<const T*>(total_.data()), n, values);
}

}  // namespace elbow
