#pragma once
// The element-wise ops on the GPU: the very formulas that the SIMD kernels are made from, compiled by nvcc. Nothing in
// here knows of xsimd, and the op files do not know that they are being compiled for a GPU.
#include <cuda_runtime.h>

#include <cstdint>
#include <utility>

#include "autograd/broadcast.hpp"
#include "autograd/op.hpp"

namespace elbow::cuda {

/// A BroadcastWalk as a kernel wants it: plain arrays, handed over by value.
template <int M> struct Walk {
  int rank;
  int64_t sizes[Shape::max_rank], strides[M][Shape::max_rank];
  explicit Walk(const BroadcastWalk<size_t(M)>& walk) : rank(walk.rank) {
    for (int a = 0; a < rank; ++a) {
      sizes[a] = walk.sizes[size_t(a)];
      for (int j = 0; j < M; ++j) strides[j][a] = walk.strides[size_t(j)][size_t(a)];
    }
  }
  /// Where each operand stands at element i of the result.
  __device__ void offsets(int64_t i, int64_t (&at)[M]) const {
    for (int j = 0; j < M; ++j) at[j] = 0;
    for (int a = rank - 1; a >= 0; --a) {
      const int64_t index = i % sizes[a];
      i /= sizes[a];
      for (int j = 0; j < M; ++j) at[j] += index * strides[j][a];
    }
  }
};

template <int M> struct Operands { const float* data[M]; };

/// y[i] = forward(operands at i), each thread taking every (number of threads)-th element.
template <class O, size_t... J>
__global__ void forward_kernel(O op, Walk<O::arity> walk, Operands<O::arity> x, float* y, int64_t n,
                               std::index_sequence<J...>) {
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    int64_t at[O::arity];
    walk.offsets(i, at);
    y[i] = op.forward(x.data[J][at[J]]...);
  }
}

/// How many operands the derivative has, as in elementwise.hpp: what it reads, and dy.
template <class O> inline constexpr int backward_operands = int(ops::backward_operands<O>);

/// dx[i] (+)= the derivative of input I at i. An input that was broadcast has its dx summed up over the repeated axes
/// afterwards.
template <int I, class O, size_t... J>
__global__ void backward_kernel(O op, Walk<backward_operands<O>> walk, Operands<backward_operands<O>> x,
                                float* dx, bool add, int64_t n, std::index_sequence<J...>) {
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    int64_t at[backward_operands<O>];
    walk.offsets(i, at);
    const float slope = ops::derivative<I>(op, x.data[J][at[J]]...);
    dx[i] = add ? dx[i] + slope : slope;
  }
}

constexpr int threads = 256;
inline int blocks_for(int64_t n) {
  const int64_t wanted = (n + threads - 1) / threads, most = 4096;  // enough to fill any GPU several times over
  return int(wanted < most ? wanted : most);
}

/// Launches the forward kernel over n > 0 elements.
template <class O>
void forward(const O& op, const Walk<O::arity>& walk, const Operands<O::arity>& x, float* y, int64_t n,
             cudaStream_t stream) {
  forward_kernel<<<blocks_for(n), threads, 0, stream>>>(op, walk, x, y, n,
                                                        std::make_index_sequence<size_t(O::arity)>{});
}

/// Launches the kernel of the derivative of input `input`.
template <class O>
void backward(const O& op, int input, const Walk<backward_operands<O>>& walk,
              const Operands<backward_operands<O>>& x, float* dx, bool add, int64_t n, cudaStream_t stream) {
  const auto operands = std::make_index_sequence<ops::backward_operands<O>>{};
  const auto launch = [&](auto index) {
    if (index != input) return;
    backward_kernel<decltype(index)::value>
        <<<blocks_for(n), threads, 0, stream>>>(op, walk, x, dx, add, n, operands);
  };
  launch(std::integral_constant<int, 0>{});
  if constexpr (O::arity > 1) launch(std::integral_constant<int, 1>{});
  if constexpr (O::arity > 2) launch(std::integral_constant<int, 2>{});
}

/// All kernels of an op, for ELBOW_OP to compile; none unless it is element-wise.
template <class O> void kernels_of() {
  if constexpr (ops::is_elementwise<O>) {
    [[maybe_unused]] const auto f = &forward<O>;
    if constexpr (ops::reads_of<O>() != ops::Reads::no_derivative) [[maybe_unused]]
      const auto b = &backward<O>;
  }
}

}  // namespace elbow::cuda
