#pragma once
#include <cstddef>
#include <cstdint>

// The memory of the emulated card. Its addresses are invalid on the host: a range is reserved for them, without memory
// behind it, and their contents are elsewhere. So host code that follows a pointer to the card's memory is a
// segmentation fault. A second array has one byte for the state of each 4 bytes.
namespace elbow::cuda::emulator {

enum class Word : uint8_t { released, unset, written };

struct Heap {
  char* first = nullptr;   ///< of the addresses
  char* memory = nullptr;  ///< their contents
  Word* words = nullptr;   ///< one for each 4 bytes
  size_t bytes = 0;
};
extern Heap heap;  ///< empty until the first allocate()

/// Null when there is not enough.
void* allocate(size_t bytes);
void release(void* block);
size_t heap_bytes();
size_t free_bytes();

// The functions below throw, naming the op, unless all the bytes lie in one block.

/// Where they are in the memory of the host, to be written (and then count as written), or to be read.
char* to_write(void* first, size_t bytes);
const char* to_read(const void* first, size_t bytes);
/// From here on they count as never written.
void forget(void* first, size_t bytes);
/// Whether all of them were written.
bool all_written(const void* first, size_t bytes);
/// Copies bytes, and what is known of them.
void copy_bytes(void* to, const void* from, size_t bytes);

}  // namespace elbow::cuda::emulator
