#pragma once
#include <cstddef>
#include <cstdint>

namespace elbow {

/// A caching allocator, one for each thread. A released block waits in the free list of its size class, and the
/// next request of that class takes it, still warm in cache: after the first step, a training loop asks the
/// system for nothing. Blocks are aligned to 64 bytes, the width of a cache line and of an AVX-512 register.
///
/// Throws Error for a block of hundreds of megabytes that is larger than what is free (free_memory): the system would hand it
/// out all the same, and kill the process when it is filled.
void* pool_allocate(size_t bytes);

/// The size of the block that pool_allocate returns for `bytes` bytes: one of four sizes for each power of two.
size_t pool_bytes(size_t bytes);

/// The bytes that could still be used without swapping: what the system says, or the control group, if that is less.
int64_t free_memory();

/// Gives back a block of pool_allocate(bytes). Another thread than the one that asked may do so. A thread keeps no more
/// bytes than it has allocated itself: what it releases beyond, made by others, goes back to the system, so that memory
/// does not gather in a thread that only consumes.
void pool_release(void* block, size_t bytes);

/// While on, a guard band follows each block that is allocated, and none is taken from a free list (checks.hpp).
void pool_guard(bool on);
/// Whether the guard band of a block of that many bytes is untouched; true for a block that has none.
bool pool_guard_intact(const void* block, size_t bytes);

/// What the pools of all threads together have done so far.
struct MemoryStatistics {
  int64_t system_allocations;  ///< blocks that were asked of the system, not found in a free list
  int64_t bytes_in_use;        ///< bytes in blocks that are handed out now
};
MemoryStatistics memory_statistics();

}  // namespace elbow
