#include "autograd/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/error.hpp"

namespace elbow {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool caching = false;  // a cached block would hide a use after its release from the sanitizer
#else
constexpr bool caching = true;
#endif
constexpr std::align_val_t alignment{64};
constexpr size_t huge_page = size_t{2} << 20;
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
size_t bytes_of_class(size_t index) {
  if (index == 0) return 64;
  const size_t octave = (index - 1) / 4, steps = (index - 1) % 4 + 1;
  return (size_t{1} << octave) + steps * (size_t{1} << (octave - 2));
}

// A block of the system's, of the bytes of a size class. Large ones lie on huge pages where the system has them: flat parameters and the
// patches of convolutions need more 4 KB pages than the processor remembers.
std::align_val_t alignment_of(size_t bytes) {
  return bytes >= huge_page ? std::align_val_t{huge_page} : alignment;
}
void* system_block(size_t bytes) {
  void* const block = ::operator new(bytes, alignment_of(bytes));
  if (bytes >= huge_page) madvise(block, bytes, MADV_HUGEPAGE);  // a hint: without it all goes on
  return block;
}
void delete_block(void* block, size_t bytes) { ::operator delete(block, alignment_of(bytes)); }

thread_local bool pool_closed = false;  // outlives the pool itself: a static tensor may die after it

struct Pool {
  std::array<std::vector<void*>, 4 * std::bit_width(largest_cached)> free_lists;  // by SizeClass::index
  int64_t balance = 0;  // bytes allocated on this thread minus bytes released on it
  ~Pool() {
    pool_closed = true;
    for (size_t i = 0; i < free_lists.size(); ++i)
      for (void* block : free_lists[i]) delete_block(block, bytes_of_class(i));
  }
};
thread_local Pool pool;

// The blocks that have a guard band: a few, and only in tests.
constexpr size_t guard_bytes = size_t{1} << 16;
constexpr unsigned char guard_pattern = 0xA5;
std::atomic<bool> guarding{false}, ever_guarded{false};
std::mutex guarded_mutex;
std::unordered_set<const void*>& guarded() {
  static std::unordered_set<const void*> blocks;
  return blocks;
}

void* allocate_guarded(size_t bytes) {
  void* block = ::operator new(bytes + guard_bytes, alignment);
  std::memset(static_cast<char*>(block) + bytes, guard_pattern, guard_bytes);
  const std::lock_guard lock(guarded_mutex);
  guarded().insert(block);
  return block;
}

// Whether it was one of them; then it is gone.
bool release_guarded(void* block) {
  const std::lock_guard lock(guarded_mutex);
  if (!guarded().erase(block)) return false;
  ::operator delete(block, alignment);
  return true;
}

// The number after `key` in a file of the kernel's; none if there is no such file, or it says something else ("max").
std::optional<int64_t> number_in(const char* path, const std::string& key) {
  std::ifstream in(path);
  std::string word;
  while (!key.empty() && in >> word && word != key) {}
  int64_t number = 0;
  return in >> number ? std::optional(number) : std::nullopt;
}

}  // namespace

int64_t free_memory() {
  int64_t free = std::numeric_limits<int64_t>::max();
  if (const auto kilobytes = number_in("/proc/meminfo", "MemAvailable:")) free = *kilobytes << 10;
  const auto limit = number_in("/sys/fs/cgroup/memory.max", ""),
             used = number_in("/sys/fs/cgroup/memory.stat", "anon");
  if (limit && used) free = std::min(free, *limit - *used);
  return free;
}

size_t pool_bytes(size_t bytes) { return size_class(bytes).bytes; }

void* pool_allocate(size_t bytes) {
  const SizeClass c = size_class(bytes);
  if (c.bytes > largest_cached) [[unlikely]]
    if (const int64_t free = free_memory(); c.bytes > size_t(std::max<int64_t>(free, 0)))
      throw Error(
          str("not enough memory: a tensor needs ", c.bytes >> 20, " MB, and ", free >> 20, " MB are free"));
  bytes_in_use.fetch_add(int64_t(c.bytes), std::memory_order_relaxed);
  if (guarding.load(std::memory_order_relaxed)) [[unlikely]]
    return allocate_guarded(bytes);
  if (caching && !pool_closed) {
    pool.balance += int64_t(c.bytes);
    if (c.bytes <= largest_cached)
      if (auto& free_list = pool.free_lists[c.index]; !free_list.empty()) {
        void* block = free_list.back();
        free_list.pop_back();
        return block;
      }
  }
  system_allocations.fetch_add(1, std::memory_order_relaxed);
  return system_block(c.bytes);
}

void pool_release(void* block, size_t bytes) {
  const SizeClass c = size_class(bytes);
  bytes_in_use.fetch_sub(int64_t(c.bytes), std::memory_order_relaxed);
  if (ever_guarded.load(std::memory_order_relaxed)) [[unlikely]]
    if (release_guarded(block)) return;
  const bool own = caching && !pool_closed && pool.balance >= int64_t(c.bytes);
  if (own) pool.balance -= int64_t(c.bytes);
  if (own && c.bytes <= largest_cached)
    pool.free_lists[c.index].push_back(block);
  else
    delete_block(block, c.bytes);
}

void pool_guard(bool on) {
  guarding = on;
  if (on) ever_guarded = true;
}

bool pool_guard_intact(const void* block, size_t bytes) {
  {
    const std::lock_guard lock(guarded_mutex);
    if (!guarded().contains(block)) return true;
  }
  const auto* guard = static_cast<const unsigned char*>(block) + bytes;
  return std::all_of(guard, guard + guard_bytes, [](unsigned char c) { return c == guard_pattern; });
}

MemoryStatistics memory_statistics() { return {system_allocations, bytes_in_use}; }

}  // namespace elbow
