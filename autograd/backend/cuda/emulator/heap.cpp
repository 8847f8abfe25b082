#include "autograd/backend/cuda/emulator/heap.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <string>

#include "autograd/backend/cuda/emulator/emulator.hpp"
#include "base/error.hpp"

namespace elbow::cuda::emulator {

Heap heap;

namespace {

constexpr size_t alignment = 256;
size_t in_use = 0;

// Ranges of the heap: offset -> bytes.
using Ranges = std::map<size_t, size_t>;
Ranges& free_ranges() {
  static Ranges& all = *new Ranges;  // never destroyed: a static tensor may die late
  return all;
}
Ranges& blocks() {
  static Ranges& all = *new Ranges;
  return all;
}

size_t offset_of(const void* p) { return size_t(static_cast<const char*>(p) - heap.first); }
size_t words_in(size_t bytes) { return (bytes + 3) / 4; }

void mark(size_t offset, size_t bytes, Word word) {
  std::memset(heap.words + offset / 4, int(word), words_in(bytes));
}

size_t offset_in_block(const void* first, size_t bytes) {
  const size_t offset = offset_of(first);
  const auto after = blocks().upper_bound(offset);
  const bool inside =
      after != blocks().begin() && std::prev(after)->first + std::prev(after)->second >= offset + bytes;
  if (!inside)
    fail(op_at_work(), "a copy of ", bytes, " bytes leaves its memory on the GPU, or is of memory of the host");
  return offset;
}

// Addresses without memory behind them: where they may be touched, the system provides it then.
void* reserve(size_t bytes, int protection) {
  void* range = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) fail("cuda", "the emulated GPU cannot reserve ", bytes, " bytes of addresses");
  return range;
}

void make_heap() {
  const size_t bytes = heap_bytes();
  heap.words = static_cast<Word*>(reserve(bytes / 4, PROT_READ | PROT_WRITE));
  heap.memory = static_cast<char*>(reserve(bytes, PROT_READ | PROT_WRITE));
  heap.first = static_cast<char*>(reserve(bytes, PROT_NONE));
  heap.bytes = bytes;
  free_ranges()[0] = bytes;
}

}  // namespace

size_t heap_bytes() {
  static const size_t bytes = [] {
    const char* text = std::getenv("ELBOW_EMULATED_MEMORY");
    if (!text) return size_t{4} << 30;
    char* end = nullptr;
    const size_t asked = std::strtoull(text, &end, 10);
    if (end == text || *end || asked < alignment)
      fail("ELBOW_EMULATED_MEMORY", "is a number of bytes, not ", text);
    return asked / alignment * alignment;
  }();
  return bytes;
}
size_t free_bytes() { return heap_bytes() - in_use; }

void* allocate(size_t bytes) {
  if (bytes > heap_bytes()) return nullptr;
  if (!heap.first) make_heap();
  bytes = std::max((bytes + alignment - 1) / alignment * alignment, alignment);
  Ranges& free = free_ranges();
  const auto fits =
      std::find_if(free.begin(), free.end(), [&](const auto& range) { return range.second >= bytes; });
  if (fits == free.end()) return nullptr;
  const auto [offset, size] = *fits;
  free.erase(fits);
  if (size > bytes) free[offset + bytes] = size - bytes;
  blocks()[offset] = bytes;
  in_use += bytes;
  mark(offset, bytes, Word::unset);
  return heap.first + offset;
}

void release(void* block) {
  const auto found = blocks().find(offset_of(block));
  if (found == blocks().end()) fail("cuda", "memory is released that was not allocated");
  auto [offset, bytes] = *found;
  blocks().erase(found);
  in_use -= bytes;
  mark(offset, bytes, Word::released);
  Ranges& free = free_ranges();  // joins its free neighbours
  if (const auto after = free.find(offset + bytes); after != free.end()) {
    bytes += after->second;
    free.erase(after);
  }
  if (const auto next = free.lower_bound(offset); next != free.begin())
    if (const auto before = std::prev(next); before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  free[offset] = bytes;
}

char* to_write(void* first, size_t bytes) {
  const size_t offset = offset_in_block(first, bytes);
  mark(offset, bytes, Word::written);
  return heap.memory + offset;
}
const char* to_read(const void* first, size_t bytes) { return heap.memory + offset_in_block(first, bytes); }

void forget(void* first, size_t bytes) { mark(offset_in_block(first, bytes), bytes, Word::unset); }

bool all_written(const void* first, size_t bytes) {
  const Word* words = heap.words + offset_in_block(first, bytes) / 4;
  return std::all_of(words, words + words_in(bytes), [](Word w) { return w == Word::written; });
}

void copy_bytes(void* to, const void* from, size_t bytes) {
  const size_t target = offset_in_block(to, bytes), source = offset_in_block(from, bytes);
  std::memmove(heap.memory + target, heap.memory + source, bytes);
  std::memmove(heap.words + target / 4, heap.words + source / 4, words_in(bytes));
}

}  // namespace elbow::cuda::emulator
