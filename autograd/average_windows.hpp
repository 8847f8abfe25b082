#pragma once
#include "autograd/linear_op.hpp"
#include "autograd/parallel.hpp"
#include "autograd/window.hpp"

namespace elbow::ops {

/// Base of the ops whose output pixels are averages over windows of the image. Members to write:
///
///   Shape shape(Inputs in) const
///   Span rows(int64_t u, int64_t height, int64_t out_height) const      what output row u sees; columns() likewise
///   int64_t divisor(Span rows, Span columns) const                      what the sum is divided by
///
template <class Self> struct AverageWindows : LinearOp<Self> {
  /// f(output pixel, 1 / divisor, rows, columns) for each pixel of a map [out[2], out[3]].
  template <class F> void for_each_window(const Shape& in, const Shape& out, F f) const {
    for (int64_t u = 0; u < out[2]; ++u)
      for (int64_t v = 0; v < out[3]; ++v) {
        const Span r = self().rows(u, in[2], out[2]), s = self().columns(v, in[3], out[3]);
        f(u * out[3] + v, 1.0 / double(self().divisor(r, s)), r, s);
      }
  }
  /// x [rows, channels, height, width], y [rows, channels, out_height, out_width].
  template <class T> void map(const Shape& in, const T* x, const Shape& out, T* y) const {
    parallel_for(in[0] * in[1], in.numel(), [&](int64_t plane) {
      const T* from = x + plane * in[2] * in[3];
      T* to = y + plane * out[2] * out[3];
      for_each_window(in, out, [&](int64_t pixel, double share, Span rows, Span columns) {
        T sum = 0;
        for (int64_t r = rows.begin; r < rows.end; ++r)
          for (int64_t s = columns.begin; s < columns.end; ++s) sum += from[r * in[3] + s];
        to[pixel] = sum * T(share);
      });
    });
  }
  /// dy [rows, channels, out_height, out_width], dx [rows, channels, height, width].
  template <class T> void adjoint(const Shape& out, const T* dy, const Shape& in, T* dx, bool add) const {
    parallel_for(in[0] * in[1], in.numel(), [&](int64_t plane) {
      const T* from = dy + plane * out[2] * out[3];
      T* to = dx + plane * in[2] * in[3];
      if (!add) std::fill_n(to, in[2] * in[3], T(0));
      for_each_window(in, out, [&](int64_t pixel, double share, Span rows, Span columns) {
        const T g = from[pixel] * T(share);
        for (int64_t r = rows.begin; r < rows.end; ++r)
          for (int64_t s = columns.begin; s < columns.end; ++s) to[r * in[3] + s] += g;
      });
    });
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

}  // namespace elbow::ops
