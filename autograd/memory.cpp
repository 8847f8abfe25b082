#include "autograd/memory.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <new>
#include <vector>

namespace elbow {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // a cached block would hide a use after its release from the sanitizer
#else
constexpr bool caching = true;
#endif
constexpr std::align_val_t alignment{64};
constexpr size_t largest_cached = size_t{1} << 28;  // data sets and the like go straight back to the system

std::atomic<int64_t> system_allocations{0}, bytes_in_use{0};

// Four classes for each power of two, so that rounding up wastes at most a quarter of a block.
struct SizeClass {
  size_t index, bytes;
};
SizeClass size_class(size_t bytes) {
  if (bytes <= 64) return {0, 64};
  const int octave = std::bit_width(bytes - 1) - 1;  // 2^octave < bytes <= 2^(octave+1)
  const size_t quarter = size_t{1} << (octave - 2);
  const size_t steps = (bytes - (size_t{1} << octave) + quarter - 1) / quarter;  // 1..4
  return {size_t(octave) * 4 + steps, (size_t{1} << octave) + steps * quarter};
}

thread_local bool pool_closed = false;  // outlives the pool itself: a static tensor may die after it

struct Pool {
  std::array<std::vector<void*>, 128> free_lists;
  ~Pool() {
    pool_closed = true;
    for (auto& list : free_lists)
      for (void* block : list) ::operator delete(block, alignment);
  }
};
thread_local Pool pool;

}  // namespace

void* pool_allocate(size_t bytes) {
  const SizeClass c = size_class(bytes);
  bytes_in_use.fetch_add(int64_t(c.bytes), std::memory_order_relaxed);
  if (caching && !pool_closed && !pool.free_lists[c.index].empty()) {
    void* block = pool.free_lists[c.index].back();
    pool.free_lists[c.index].pop_back();
    return block;
  }
  system_allocations.fetch_add(1, std::memory_order_relaxed);
  return ::operator new(c.bytes, alignment);
}

void pool_release(void* block, size_t bytes) {
  const SizeClass c = size_class(bytes);
  bytes_in_use.fetch_sub(int64_t(c.bytes), std::memory_order_relaxed);
  if (caching && !pool_closed && c.bytes <= largest_cached)
    pool.free_lists[c.index].push_back(block);
  else
    ::operator delete(block, alignment);
}

MemoryStatistics memory_statistics() { return {system_allocations, bytes_in_use}; }

}  // namespace elbow
