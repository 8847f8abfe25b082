#pragma once
// The element-wise ops on the GPU: the very formulas that the SIMD kernels are made from, one kernel for the forward of an op
// and one for the gradients of all its inputs.
#include <array>
#include <utility>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/op.hpp"

namespace elbow::cuda {

/// How M operands are walked when they are broadcast (autograd/kernels/broadcast.hpp), as plain arrays that a kernel is handed by
/// value. `flat`: each operand has all elements in their order, or is one number.
template <int M> struct Walk {
  int rank;
  bool flat, narrow;  // narrow: indices fit into 32 bits
  int64_t sizes[Shape::max_rank], strides[M][Shape::max_rank];
  explicit Walk(const BroadcastWalk<size_t(M)>& walk, int64_t n)
      : rank(walk.rank), flat(rank == 1), narrow(n < int64_t{1} << 31) {
    for (int a = 0; a < rank; ++a) {
      sizes[a] = walk.sizes[size_t(a)];
      for (int j = 0; j < M; ++j) strides[j][a] = walk.strides[size_t(j)][size_t(a)];
    }
  }
  /// The offset of each operand at element i of the result.
  ELBOW_DEVICE void offsets(int64_t i, int64_t (&at)[M]) const {
    if (narrow)
      walk(uint32_t(i), at);
    else
      walk(uint64_t(i), at);
  }

 private:
  template <class Index> ELBOW_DEVICE void walk(Index i, int64_t (&at)[M]) const {
    for (int j = 0; j < M; ++j) at[j] = 0;
    for (int a = rank - 1; a > 0; --a) {
      const Index size = Index(sizes[a]), index = i % size;
      i /= size;
      for (int j = 0; j < M; ++j) at[j] += int64_t(index) * strides[j][a];
    }
    for (int j = 0; j < M; ++j) at[j] += int64_t(i) * strides[j][0];
  }
};

template <class T, int M> struct Operands { Ptr<const T> x[M]; };

/// What a kernel writes: up to three arrays.
template <class T, int N> struct Results { Output<T> of[N]; };

/// f of the operands at element i, whose results go to y.
template <class T, int M, int N, class F>
__global__ void run_elementwise(F f, Walk<M> walk, Operands<T, M> operands, Results<T, N> y, int64_t n) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  int64_t at[M];
  walk.offsets(i, at);
  T x[M];
  for (int j = 0; j < M; ++j) x[j] = operands.x[j][at[j]];
  T out[N];
  f(x, out);
  for (int k = 0; k < N; ++k) y.of[k].set(i, out[k]);
}

/// The same where the walk is flat, with 16 bytes of each operand at a time.
template <class T, int M, int N, class F>
__global__ void run_flat(F f, Walk<M> walk, Operands<T, M> operands, Results<T, N> y, int64_t n) {
  constexpr int P = int(16 / sizeof(T));
  const int64_t i = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * P;
  if (i >= n) return;
  Pack<T, P> x[M], out[N];
  for (int j = 0; j < M; ++j) {
    if (walk.strides[j][0])
      x[j] = operands.x[j].template load<P>(i);
    else
      for (int p = 0; p < P; ++p) x[j].v[p] = operands.x[j][0];
  }
  for (int p = 0; p < P; ++p) {
    T in[M], result[N];
    for (int j = 0; j < M; ++j) in[j] = x[j].v[p];
    f(in, result);
    for (int k = 0; k < N; ++k) out[k].v[p] = result[k];
  }
  for (int k = 0; k < N; ++k) {  // in this order, as two may be one array: the gradients of mul(x, x)
    const auto& [array, add] = y.of[k];
    if (!array) continue;
    if (add) {
      const Pack<T, P> before = array.template load<P>(i);
      for (int p = 0; p < P; ++p) out[k].v[p] = before.v[p] + out[k].v[p];
    }
    array.template store<P>(i, out[k]);
  }
}

template <class T, int M, int N, class F>
void elementwise(const F& f, const Shape& shape, const std::array<const Tensor*, size_t(M)>& operands,
                 const Results<T, N>& y) {
  const int64_t n = shape.numel();
  if (n == 0) return;
  std::array<const Shape*, size_t(M)> shapes;
  Operands<T, M> x;
  constexpr int P = int(16 / sizeof(T));
  bool packs = n % P == 0;
  for (size_t j = 0; j < size_t(M); ++j) {
    shapes[j] = &operands[j]->shape();
    x.x[j] = in<T>(*operands[j]);
    packs = packs && (operands[j]->numel() == 1 || x.x[j].template in_packs<P>());
  }
  for (const Output<T>& o : y.of) packs = packs && (!o.y || o.y.template in_packs<P>());
  const Walk<M> walk(BroadcastWalk<size_t(M)>(shape, shapes), n);
  const auto blocks = [](int64_t threads) { return (threads + threads_of_a_block - 1) / threads_of_a_block; };
  if (walk.flat && packs)
    launch(run_flat<T, M, N, F>, {blocks(n / P)}, threads_of_a_block, f, walk, x, y, n);
  else
    launch(run_elementwise<T, M, N, F>, {blocks(n)}, threads_of_a_block, f, walk, x, y, n);
}

/// The gradients of the first N inputs of an op, as such a kernel writes them; those that are not needed are null.
template <class T, int N> Results<T, N> gradients(BackwardContext& c) {
  Results<T, N> results{};
  for (size_t i = 0; i < size_t(N); ++i)
    if (c.needs(i)) results.of[i] = output<T>(c.target(i));
  return results;
}

// ---- the formulas as such functions ---------------------------------------------------------------------------------

template <class T, class O> struct ForwardFormula {
  O op;
  ELBOW_DEVICE void operator()(const T (&x)[O::arity], T (&y)[1]) const {
    call(x, y, std::make_index_sequence<size_t(O::arity)>{});
  }
  template <size_t... J>
  ELBOW_DEVICE void call(const T (&x)[O::arity], T (&y)[1], std::index_sequence<J...>) const {
    y[0] = op.forward(x[J]...);
  }
};

template <class O> inline constexpr int backward_operands = int(ops::backward_operands<O>);

template <class T, class O> struct BackwardFormula {
  O op;
  ELBOW_DEVICE void operator()(const T (&x)[backward_operands<O>], T (&dx)[O::arity]) const {
    call(x, dx, std::make_index_sequence<size_t(backward_operands<O>)>{},
         std::make_integer_sequence<int, O::arity>{});
  }
  template <size_t... J, int... I>
  ELBOW_DEVICE void call(const T (&x)[backward_operands<O>], T (&dx)[O::arity], std::index_sequence<J...>,
                         std::integer_sequence<int, I...>) const {
    ((dx[I] = ops::derivative<I>(op, x[J]...)), ...);
  }
};

template <class T, class O> void elementwise_forward(const O& op, ops::ForwardContext& c) {
  std::array<const Tensor*, size_t(O::arity)> operands;
  for (size_t j = 0; j < operands.size(); ++j) operands[j] = &c.in[j];
  elementwise<T, O::arity, 1>(ForwardFormula<T, O>{op}, c.y.shape(), operands, Results<T, 1>{{output<T>(c.y)}});
  if (ops::reads_of<O>() == ops::Reads::inputs)
    for (size_t i = 0; i < c.in.size(); ++i) c.save(c.in[i]);
  if (ops::reads_of<O>() == ops::Reads::output) c.save(c.y);
}

template <class T, class O> void elementwise_backward(const O& op, BackwardContext& c) {
  constexpr int M = backward_operands<O>;
  const Tensor& dy = c.dy();
  std::array<const Tensor*, size_t(M)> operands;
  for (size_t j = 0; j + 1 < size_t(M); ++j) operands[j] = &c.saved(j);
  operands[size_t(M) - 1] = &dy;
  Results<T, O::arity> results{};
  Tensor whole[O::arity];  // the gradients of inputs that were broadcast, before they are summed up
  for (size_t i = 0; i < size_t(O::arity); ++i) {
    if (!c.needs(i)) continue;
    if (c.shape_of_input(i) == dy.shape()) {
      results.of[i] = output<T>(c.target(i));
    } else {
      whole[i] = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
      results.of[i] = output<T>(whole[i]);
    }
  }
  elementwise<T, M, O::arity>(BackwardFormula<T, O>{op}, dy.shape(), operands, results);
  for (size_t i = 0; i < size_t(O::arity); ++i)
    if (whole[i]) sum_to_shape<T>(whole[i], dy.shape(), c.target(i), c.shape_of_input(i));
}

// ---- every op's entry -----------------------------------------------------------------------------------------------

template <class O> void forward(const void* op, ops::ForwardContext& c) {
  const O& o = *static_cast<const O*>(op);
  dispatch(c.y.dtype(), [&]<class T>() {
    if constexpr (ops::is_elementwise<O>)
      elementwise_forward<T>(o, c);
    else
      o.template device_forward<T>(c);
  });
}

template <class O> void backward(const void* op, BackwardContext& c) {
  const O& o = *static_cast<const O*>(op);
  dispatch(c.dy().dtype(), [&]<class T>() {
    if constexpr (ops::is_elementwise<O>)
      elementwise_backward<T>(o, c);
    else
      o.template device_backward<T>(c);
  });
}

/// Puts the kernels of an op, and of its adjoint, into their rules.
template <class O> void install() {
  if constexpr (ops::has_derivative<O>())
    ops::device_kernels<O> = {&forward<O>, &backward<O>};
  else
    ops::device_kernels<O> = {&forward<O>, nullptr};
  if constexpr (requires { typename O::AdjointOp; }) install<typename O::AdjointOp>();
}

}  // namespace elbow::cuda
