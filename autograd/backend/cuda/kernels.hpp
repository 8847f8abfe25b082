#pragma once
// What kernels are written with. A kernel is a function that many threads run at once, in blocks; the threads of a block share
// memory and wait for each other at __syncthreads(). docs/cuda.md introduces it.
//
// The same sources are compiled twice: by nvcc for a card, and by the C++ compiler against an emulator that runs the threads
// one after the other and finds races, reads of unset memory and accesses out of bounds (emulator/emulated.hpp).
#include <cstdint>
#include <span>

#include "autograd/backend/backend.hpp"
#include "autograd/backward_context.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/tensor.hpp"
#if !ELBOW_DEVICE_SOURCE
#include "autograd/backend/cuda/declarations.hpp"
#elif defined(__CUDACC__)
#include "autograd/backend/cuda/card.hpp"
#else
#include "autograd/backend/cuda/emulator/emulated.hpp"
#endif

namespace elbow::cuda {

/// Where a kernel writes a tensor: it sets the elements, or adds to them.
struct Target {
  Tensor& tensor;
  bool add = false;
  Target(Tensor& tensor, bool add = false) : tensor(tensor), add(add) {}
  Target(const BackwardContext::Target& t) : tensor(t.tensor), add(t.add) {}
  int64_t numel() const { return tensor.numel(); }
};

#if ELBOW_DEVICE_SOURCE

namespace detail {
/// The elements of a tensor of that dtype, as numbers of type T, which are of one size with them.
template <class T> Ptr<T> elements(const Tensor& t, DType dtype) {
  const Tensor::Body& b = *t.body();
  if (b.device != Device::cuda || b.dtype != dtype)
    fail("cuda", "a kernel expects ", name_of(dtype), " on the GPU");
  return {static_cast<T*>(b.data), b.numel, b.storage->model_bytes / int64_t(sizeof(T))};
}
}  // namespace detail

/// The elements of t, to be read by a kernel.
template <class T> Ptr<const T> in(const Tensor& t) { return detail::elements<const T>(t, dtype_of<T>); }
/// To be written.
template <class T> Ptr<T> out(Tensor& t) { return detail::elements<T>(t, dtype_of<T>); }
/// A tensor of float64 whose bytes are 64-bit numbers: to be read where Word is const, else to be written.
template <class Word> Ptr<Word> words(const Tensor& t) {
  static_assert(sizeof(Word) == 8);
  return detail::elements<Word>(t, DType::float64);
}

/// Where a kernel sets the elements of a target or adds to them; one that is not wanted is null, and stays as it is.
template <class T> struct Output {
  Ptr<T> y{};
  bool add = false;
  ELBOW_DEVICE void set(int64_t i, T value) const {
    if (y) y[i] = add ? T(y[i]) + value : value;
  }
};
template <class T> Output<T> output(Target target) { return {out<T>(target.tensor), target.add}; }

// ---- one thread for each element ------------------------------------------------------------------------------------

inline constexpr int threads_of_a_block = 256;

template <class F> __global__ void run_each(int64_t n, F f) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) f(i);
}
/// f(i) for each i < n, all at once: f is an ELBOW_DEVICE lambda that captures by value.
template <class F> void for_each(int64_t n, const F& f) {
  launch(run_each<F>, {(n + threads_of_a_block - 1) / threads_of_a_block}, threads_of_a_block, n, f);
}

template <class T, class F> __global__ void run_write(int64_t n, Output<T> y, F f) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) y.set(i, f(i));
}
/// Element i of the target (+)= f(i).
template <class T, class F> void write(Target target, const F& f) {
  const int64_t n = target.numel();
  launch(run_write<T, F>, {(n + threads_of_a_block - 1) / threads_of_a_block}, threads_of_a_block, n,
         output<T>(target), f);
}

// ---- one block for each row -----------------------------------------------------------------------------------------

/// The threads that work on one row. All of them must come to each of its functions.
struct Block {
  int thread, threads;  ///< this one, and how many there are: a multiple of 32, at most 1024

  template <class T> ELBOW_DEVICE T sum(T v) const {
    return all(v, [](T a, T b) { return a + b; });
  }
  template <class T> ELBOW_DEVICE T max(T v) const {
    return all(v, [](T a, T b) { return a < b || b != b ? b : a; });  // NaN when there is one
  }
  /// The sum and the largest of x(k) over the elements k < n of a row.
  template <class T, class F> ELBOW_DEVICE T sum_of(int64_t n, const F& x) const {
    T total(0);
    for (int64_t k = thread; k < n; k += threads) total += x(k);
    return sum(total);
  }
  template <class T, class F> ELBOW_DEVICE T max_of(int64_t n, const F& x) const {
    T top = -std::numeric_limits<T>::infinity();
    for (int64_t k = thread; k < n; k += threads) {
      const T v = x(k);
      if (top < v || v != v) top = v;  // no number is larger than a NaN
    }
    return max(top);
  }
  /// Until all threads are here; what they have written before can then be read by all.
  ELBOW_DEVICE void wait() const { __syncthreads(); }
  /// combine(...) of all threads' v, in an order that depends on the number of threads alone; every thread gets it.
  template <class T, class F> ELBOW_DEVICE T all(T v, F combine) const {
    for (int distance = 16; distance > 0; distance /= 2)
      v = combine(v, __shfl_xor_sync(0xFFFFFFFFu, v, distance));
    if (threads == 32) return v;
    __shared__ T of_warp[32];
    __syncthreads();  // all have read what an earlier call left there
    if (thread % 32 == 0) of_warp[thread / 32] = v;
    __syncthreads();
    v = of_warp[0];
    for (int w = 1; w < threads / 32; ++w) v = combine(v, of_warp[w]);
    return v;
  }
};

template <class F> __global__ void run_rows(F f) {
  f(Block{int(threadIdx.x), int(blockDim.x)}, int64_t(blockIdx.x));
}
/// The number of threads that work on a row of `length` elements.
inline int threads_for(int64_t length) { return length <= 128 ? 32 : length <= 1024 ? 128 : 512; }
/// f(block, r) for each row r < rows, by a block of threads_for(length) threads.
template <class F> void for_rows(int64_t rows, int64_t length, const F& f) {
  launch(run_rows<F>, {rows}, threads_for(length), f);
}

#endif

}  // namespace elbow::cuda
