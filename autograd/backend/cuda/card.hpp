#pragma once
// The vocabulary of kernels as nvcc takes it. The emulated one is emulator/emulated.hpp; kernels are written against what the
// two have in common.
#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

#include "autograd/backend/cuda/memory.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/tensor.hpp"

namespace elbow::cuda {

/// N numbers that are read or written at once.
template <class T, int N> struct alignas(N * sizeof(T)) Pack { T v[N]; };

/// The elements of a tensor on the device, for a kernel: p[i] reads or writes one. Where several models are trained together,
/// blockIdx.z says which model a thread works for, and p is the array of that model.
template <class T> class Ptr {
 public:
  Ptr() = default;
  Ptr(T* first, int64_t /*count*/, int64_t model_stride) : first_(first), model_stride_(model_stride) {}
  ELBOW_DEVICE T& operator[](int64_t i) const { return get()[i]; }
  /// The array from element n on.
  __host__ __device__ Ptr operator+(int64_t n) const { return Ptr(first_ + n, 0, model_stride_, 0); }
  template <class Read>
  requires(std::is_same_v<Read, const T> && !std::is_const_v<T>) __host__ __device__ operator Ptr<Read>()
      const {
    return Ptr<Read>(first_, 0, model_stride_, 0);
  }
  __host__ __device__ explicit operator bool() const { return first_ != nullptr; }

  /// N elements from i on in one access of up to 16 bytes; i is a multiple of N, and in_packs<N>() holds.
  using Value = std::remove_const_t<T>;
  template <int N> ELBOW_DEVICE Pack<Value, N> load(int64_t i) const {
    return *reinterpret_cast<const Pack<Value, N>*>(get() + i);
  }
  template <int N> ELBOW_DEVICE void store(int64_t i, const Pack<Value, N>& pack) const {
    *reinterpret_cast<Pack<Value, N>*>(get() + i) = pack;
  }
  template <int N> bool in_packs() const {
    return reinterpret_cast<uintptr_t>(first_) % (N * sizeof(T)) == 0 && model_stride_ % N == 0;
  }
  /// For libraries.
  T* first() const { return first_; }
  int64_t model_stride() const { return model_stride_; }  ///< in elements

 private:
  template <class> friend class Ptr;
  __host__ __device__ Ptr(T* first, int, int64_t model_stride, int)
      : first_(first), model_stride_(model_stride) {}
  ELBOW_DEVICE T* get() const { return first_ + int64_t(blockIdx.z) * model_stride_; }
  T* first_ = nullptr;
  int64_t model_stride_ = 0;
};

/// The stream of all work; a cudaStream_t.
cudaStream_t stream();
/// Throws, naming the op, when the last launch failed.
void check_launch();

/// Runs a kernel on x * y blocks, once for each model; nothing when there are no blocks.
struct Grid {
  int64_t x = 1, y = 1;
};
template <class... P, class... A>
void launch(void (*kernel)(P...), Grid grid, int threads, const A&... arguments) {
  if (grid.x == 0 || grid.y == 0) return;
  kernel<<<dim3(unsigned(grid.x), unsigned(grid.y), unsigned(models())), unsigned(threads), 0, stream()>>>(
      P(arguments)...);
  check_launch();
}

}  // namespace elbow::cuda
