#pragma once
#include "autograd/backend/cuda/blas.hpp"
#include "autograd/backend/cuda/tiles.hpp"

// Large products by cuBLAS though their operands do not lie in memory as matrices: they are laid out there first. Of a convolution
// that is im2col (Chellapilla, Puri & Simard, High performance convolutional neural networks, 2006): memory traffic for arithmetic
// at three times the speed of our tiles, worth it where each element that is laid out is used often.
namespace elbow::cuda {

#if ELBOW_DEVICE_SOURCE

namespace detail {
constexpr int64_t least_uses = 32;                   // of an element that is laid out
constexpr int64_t most_laid_out = int64_t{1} << 30;  // bytes of a product's operands and result, of all models
constexpr int lines_of_strip = 16;

/// How a matrix [lines, length] is shared out to blocks, each of which has a rectangle of it.
struct Rectangles {
  int count, length;  // of lines, of one line
  int high, wide;     // of a rectangle
  FastDivisor across;
  int64_t blocks;
  Rectangles(int64_t lines, int64_t length, int high, int wide)
      : count(int(lines)),
        length(int(length)),
        high(high),
        wide(wide),
        across((length + wide - 1) / wide),
        blocks((lines + high - 1) / high * across.divisor) {}
  ELBOW_DEVICE int first_line(uint32_t block) const { return int(across(block)) * high; }
  ELBOW_DEVICE int first_place(uint32_t block) const {
    return int(block - across(block) * across.divisor) * wide;
  }
};

/// to[l, i] = element (i, l) of the operand: a strip of lines for each block, and one i for each thread, so that what an element
/// costs to find is paid once for a strip.
template <class T, class Operand> __global__ void run_lay_out(Operand x, Rectangles strips, Ptr<T> to) {
  __shared__ Place inner[lines_of_strip];
  const int first = strips.first_line(blockIdx.x),
            end = first + strips.high < strips.count ? first + strips.high : strips.count,
            i = strips.first_place(blockIdx.x) + int(threadIdx.x);
  if (const int l = first + int(threadIdx.x); l < end) inner[threadIdx.x] = x.inner(l);
  __syncthreads();
  if (i >= strips.length) return;
  const Place outer = x.outer(i);
#pragma unroll 8
  for (int l = first; l < end; ++l) to[int64_t(l) * strips.length + i] = x.at(outer, inner[l - first]);
}

/// A square of a matrix on its way through shared memory, so that it is read along its lines and written along its columns: thread t
/// brings the elements [e, t % side] for every e from t / side on, and takes [t % side, e].
template <class T> struct Turn {
  static constexpr int side = 32, threads = 256;
  T of[side][side + 1];  // one more: the elements of a column lie in different banks
};

/// to[l, i] = element (i, l) of an operand whose neighbours lie along l.
template <class T, class Operand> __global__ void run_lay_out_turned(Operand x, Rectangles squares, Ptr<T> to) {
  constexpr int side = Turn<T>::side, rows = Turn<T>::threads / side;
  __shared__ Turn<T> turn;
  const int l0 = squares.first_line(blockIdx.x), i0 = squares.first_place(blockIdx.x);
  const int at = int(threadIdx.x) % side, row = int(threadIdx.x) / side;
  const Place inner = x.inner(l0 + at);
#pragma unroll
  for (int e = row; e < side; e += rows) turn.of[e][at] = x.at(x.outer(i0 + e), inner);
  __syncthreads();
  if (i0 + at >= squares.length) return;
#pragma unroll
  for (int e = row; e < side; e += rows)
    if (l0 + e < squares.count) to[int64_t(l0 + e) * squares.length + i0 + at] = turn.of[at][e];
}

/// result(i, j) gets c[j, i] of the squares' matrix c [n, m].
template <class T, class Result> __global__ void run_store(Result result, Rectangles squares, Ptr<const T> c) {
  constexpr int side = Turn<T>::side, rows = Turn<T>::threads / side;
  __shared__ Turn<T> turn;
  const int j0 = squares.first_line(blockIdx.x), i0 = squares.first_place(blockIdx.x);
  const int at = int(threadIdx.x) % side, row = int(threadIdx.x) / side;
  if (i0 + at < squares.length)
#pragma unroll
    for (int e = row; e < side; e += rows)
      if (j0 + e < squares.count) turn.of[e][at] = c[int64_t(j0 + e) * squares.length + i0 + at];
  __syncthreads();
  if (j0 + at >= squares.count) return;
#pragma unroll
  for (int e = row; e < side; e += rows)
    if (i0 + e < squares.length) result(i0 + e, j0 + at, turn.of[at][e]);
}

/// An operand as a matrix [k, outer] or, along l, [outer, k].
template <class T> struct Matrix {
  Ptr<const T> elements;
  int64_t stride;  // from line to line
  bool along_l;
  Tensor laid_out = {};
};
/// As it lies, or laid out with neighbours along i: the float32 kernels of cuBLAS are fastest so, up to twice where the sums are long.
template <class T, class Operand> Matrix<T> matrix_of(const Operand& x, int64_t outer, int64_t k) {
  constexpr bool along_l = Operand::contiguous_along_l;
  if constexpr (requires { x.outer.stride, x.inner.stride; }) {
    const Line &along = along_l ? x.inner : x.outer, &across = along_l ? x.outer : x.inner;
    if (along.stride == 1) return {x.elements, across.stride, along_l};
  }
  Tensor to = Tensor::empty(Shape{k, outer}, dtype_of<T>, Device::cuda);
  if constexpr (along_l && requires { x.outer.stride; }) {
    const Rectangles squares(k, outer, Turn<T>::side, Turn<T>::side);
    launch(run_lay_out_turned<T, Operand>, {squares.blocks}, Turn<T>::threads, x, squares, out<T>(to));
  } else {
    const int threads = int(std::min<int64_t>((outer + 31) / 32 * 32, threads_of_a_block));
    const Rectangles strips(k, outer, lines_of_strip, threads);
    launch(run_lay_out<T, Operand>, {strips.blocks}, threads, x, strips, out<T>(to));
  }
  return {in<T>(to), outer, false, to};
}
}  // namespace detail

/// Whether a product of that size is for run_laid_out.
template <class T> bool is_to_lay_out(int64_t m, int64_t n, int64_t k) {
  return is_for_blas(m, n, k) && std::min(m, n) >= detail::least_uses &&
         m * k + n * k + m * n <= detail::most_laid_out / int64_t(sizeof(T)) / models() && blas_is_there();
}

/// c(i, j) = the sum over l < k of a(i, l) b(j, l), for i < m and j < n; false, with nothing done, where cuBLAS does not take it.
template <class T, class A, class B, class Rows, class Columns>
bool run_laid_out(int64_t m, int64_t n, int64_t k, const A& a, const B& b, const Result<T, Rows, Columns>& c) {
  using detail::Matrix;
  const Matrix<T> x = detail::matrix_of<T>(a, m, k), y = detail::matrix_of<T>(b, n, k);
  const auto product = [k](int64_t m, int64_t n, const Matrix<T>& a, const Matrix<T>& b, bool add, Ptr<T> c,
                           int64_t stride) {
    return blas_product(Product<T>{a.along_l ? Trans::no : Trans::yes, b.along_l ? Trans::yes : Trans::no, m, n,
                                   k, a.elements, a.stride, b.elements, b.stride, add, c, stride});
  };
  if constexpr (requires { c.rows.stride, c.columns.stride; })
    if (c.columns.stride == 1 && !c.bias) return product(m, n, x, y, c.add, c.elements, c.rows.stride);
  // b a^T [n, m], the way round in which cuBLAS is the faster: n are the many pixels of a convolution.
  Tensor made = Tensor::empty(Shape{n, m}, dtype_of<T>, Device::cuda);
  if (!product(n, m, y, x, false, out<T>(made), m)) return false;
  const detail::Rectangles squares(n, m, detail::Turn<T>::side, detail::Turn<T>::side);
  launch(detail::run_store<T, Result<T, Rows, Columns>>, {squares.blocks}, detail::Turn<T>::threads, c, squares,
         in<T>(made));
  return true;
}

#endif

}  // namespace elbow::cuda
