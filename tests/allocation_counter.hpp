#pragma once
// Counts what a program asks of the system through operator new. It defines these operators, so only one source file of a
// program may include it. AddressSanitizer has operators of its own in these places: nothing is counted under it.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace elbow::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool counting = false;
#else
inline constexpr bool counting = true;
#endif

inline std::atomic<int64_t> allocations{0};

inline void* counted(void* block) {
  ++allocations;
  if (!block) throw std::bad_alloc();
  return block;
}

}  // namespace elbow::test

#if !defined(__SANITIZE_ADDRESS__)
void* operator new(size_t n) { return elbow::test::counted(std::malloc(n ? n : 1)); }
void* operator new(size_t n, std::align_val_t a) {
  const size_t alignment = size_t(a);
  return elbow::test::counted(std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }
#endif
