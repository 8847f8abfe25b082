#pragma once
// A pool of memory blocks, in forty lines.
#include <array>
#include <bit>
#include <cstddef>
#include <new>
#include <vector>

/// Released blocks wait in a list for each size class, a power of two, and the next request of that class takes the latest one.
class Pool {
 public:
  void* allocate(size_t bytes) {
    const size_t size = std::bit_ceil(bytes);
    in_use_ += size;
    auto& waiting = waiting_[size_t(std::bit_width(size))];
    if (waiting.empty()) {
      ++from_system_;
      return ::operator new(size);
    }
    void* const block = waiting.back();  // the latest: it may still be in cache
    waiting.pop_back();
    return block;
  }
  void release(void* block, size_t bytes) {
    const size_t size = std::bit_ceil(bytes);
    in_use_ -= size;
    waiting_[size_t(std::bit_width(size))].push_back(block);
  }
  size_t in_use() const { return in_use_; }            ///< bytes in blocks that are handed out
  size_t from_system() const { return from_system_; }  ///< blocks that the system was asked for

  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (const auto& list : waiting_)
      for (void* const block : list) ::operator delete(block);
  }

 private:
  std::array<std::vector<void*>, 65> waiting_;
  size_t in_use_ = 0, from_system_ = 0;
};

/// The system itself, with the same interface.
struct System {
  static void* allocate(size_t bytes) { return ::operator new(bytes); }
  static void release(void* block, size_t) { ::operator delete(block); }
};
