#pragma once
// The vocabulary of kernels (card.hpp) for a machine without a GPU. The C++ compiler takes the kernels as they are, the threads
// of a block run one at a time, and all that they do with memory is checked. An Error names the op whose kernel
//
//   - reads or writes outside of its tensor, or memory that was released,
//   - reads what nobody has written since the tensor was made,
//   - is given memory of the host, or an array that all models share and writes to it for each of them,
//   - has a barrier or a shuffle that some of the threads do not reach.
//
// Races show as results that depend on the order of the threads: emulator::set_order().
//
// To step through a kernel: gdb, `break` on a line of it, `run`. `p threadIdx` and `p blockIdx` say who runs; `break FILE:LINE if
// threadIdx.x == 5` waits for one thread. All threads are on one thread of the system.
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "autograd/backend/cuda/emulator/emulator.hpp"
#include "autograd/backend/cuda/emulator/heap.hpp"
#include "autograd/backend/cuda/memory.hpp"
#include "autograd/tensor.hpp"

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
#define __shared__ static  // blocks run one after the other

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};
inline dim3 threadIdx, blockIdx, blockDim, gridDim;  ///< of the thread that runs

inline void __syncthreads() { elbow::cuda::emulator::wait_for_block(); }
template <class V> V elbow_value_of_lane(V value, unsigned lane) {
  static_assert(sizeof(V) <= 8 && std::is_trivially_copyable_v<V>);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(V));
  bits = elbow::cuda::emulator::exchange(bits, lane);
  std::memcpy(&value, &bits, sizeof(V));
  return value;
}
template <class V> V __shfl_xor_sync(unsigned /*all lanes*/, V value, int lanes) {
  return elbow_value_of_lane(value, (threadIdx.x % 32) ^ unsigned(lanes));
}
template <class V> V __shfl_down_sync(unsigned /*all lanes*/, V value, unsigned lanes) {
  const unsigned lane = threadIdx.x % 32;
  return elbow_value_of_lane(value, lane + lanes < 32 ? lane + lanes : lane);
}

namespace elbow::cuda {

/// N numbers that are read or written at once.
template <class T, int N> struct alignas(N * sizeof(T)) Pack { T v[N]; };

namespace emulator {
/// What a kernel does with n elements of a tensor that has `count`, from number `first` on.
enum class Use { reads, writes };
struct Access {
  Use use;
  int64_t first, n, count;
};
[[noreturn]] void fail_access(const Access& access, const char* where);

/// Where the elements at address p lie. Throws unless a kernel may do that with them; marks what is written.
inline char* checked(const Access& a, const void* p, size_t bytes) {
  if (!in_kernel) [[unlikely]]
    fail_access(a, "outside of any kernel");
  if (a.first < 0 || a.first + a.n > a.count) [[unlikely]]
    fail_access(a, "out of bounds");
  const size_t offset = size_t(static_cast<const char*>(p) - heap.first);
  if (offset >= heap.bytes) [[unlikely]]
    fail_access(a, "in memory of the host");
  Word* const words = heap.words + offset / 4;
  for (size_t w = 0; w < bytes / 4; ++w) {
    if (words[w] == Word::released) [[unlikely]]
      fail_access(a, "in memory that was released");
    if (a.use == Use::writes)
      words[w] = Word::written;
    else if (words[w] != Word::written) [[unlikely]]
      fail_access(a, "that was never written");
  }
  return heap.memory + offset;
}
}  // namespace emulator

/// The elements of a tensor on the device, for a kernel: card.hpp. An element that is not const is an Element: a value when it is
/// read, but nothing to refer to.
template <class T> class Ptr {
 public:
  using Value = std::remove_const_t<T>;
  class Element;
  Ptr() = default;
  Ptr(T* first, int64_t count, int64_t model_stride)
      : first_(first), count_(count), model_stride_(model_stride) {}
  decltype(auto) operator[](int64_t i) const {
    if constexpr (std::is_const_v<T>)
      return read(i);
    else
      return Element(*this, i);
  }
  Ptr operator+(int64_t n) const {
    Ptr shifted = *this;
    shifted.start_ += n;
    return shifted;
  }
  operator Ptr<const T>() const requires(!std::is_const_v<T>) {
    Ptr<const T> p(first_, count_, model_stride_);
    return p + start_;
  }
  explicit operator bool() const { return first_ != nullptr; }

  template <int N> Pack<Value, N> load(int64_t i) const { return *pack<N>(emulator::Use::reads, i); }
  template <int N> void store(int64_t i, const Pack<Value, N>& values) const {
    *pack<N>(emulator::Use::writes, i) = values;
  }
  template <int N> bool in_packs() const {
    return reinterpret_cast<uintptr_t>(first()) % (N * sizeof(T)) == 0 && model_stride_ % N == 0;
  }
  T* first() const { return first_ + start_; }
  int64_t model_stride() const { return model_stride_; }

 private:
  /// Elements i to i + n: where they lie, after the checks.
  Value* at(emulator::Use use, int64_t i, int64_t n) const {
    const emulator::Access access{use, start_ + i, n, count_};
    if (use == emulator::Use::writes && model_stride_ == 0 && gridDim.z > 1) [[unlikely]]
      emulator::fail_access(access, "that all models share");
    const T* const address = first_ + int64_t(blockIdx.z) * model_stride_ + start_ + i;
    return reinterpret_cast<Value*>(emulator::checked(access, address, size_t(n) * sizeof(T)));
  }
  template <int N> Pack<Value, N>* pack(emulator::Use use, int64_t i) const {
    Value* const p = at(use, i, N);
    if (reinterpret_cast<uintptr_t>(p) % alignof(Pack<Value, N>)) [[unlikely]]
      emulator::fail_access({use, start_ + i, N, count_}, "that do not begin at a multiple of the pack");
    return reinterpret_cast<Pack<Value, N>*>(p);
  }
  void write(int64_t i, Value v) const { *at(emulator::Use::writes, i, 1) = v; }
  Value read(int64_t i) const { return *at(emulator::Use::reads, i, 1); }
  T* first_ = nullptr;
  int64_t start_ = 0, count_ = 0, model_stride_ = 0;  // start_: the element that [0] is
};

template <class T> class Ptr<T>::Element {
 public:
  Element(const Ptr& p, int64_t i) : p_(p), i_(i) {}
  Element(const Element&) = delete;  // `auto x = p[i]` would be a number on the card
  operator Value() && { return p_.read(i_); }
  void operator=(Value v) && { p_.write(i_, v); }
  void operator=(Element&& other) && { p_.write(i_, other.p_.read(other.i_)); }
  void operator+=(Value v) && { p_.write(i_, p_.read(i_) + v); }
  void operator*=(Value v) && { p_.write(i_, p_.read(i_) * v); }

 private:
  const Ptr p_;
  const int64_t i_;
};

struct Grid {
  int64_t x = 1, y = 1;
};
template <class... P, class... A>
void launch(void (*kernel)(P...), Grid grid, int threads, const A&... arguments) {
  if (grid.x == 0 || grid.y == 0) return;
  emulator::enqueue_kernel({grid.x, grid.y, models()}, threads,
                           [kernel, ... given = P(arguments)] { kernel(given...); });
}

}  // namespace elbow::cuda
