#pragma once
#include "autograd/linear_op.hpp"
#include "autograd/window.hpp"
#include "base/parallel.hpp"

namespace elbow::ops {

/// Base of the ops whose output pixels are averages over windows of the image. Members to write:
///
///   Shape shape(Inputs in) const
///   Span rows(int64_t u, int64_t height, int64_t out_height) const      what output row u sees; columns() likewise
///   int64_t divisor(Span rows, Span columns) const                      what the sum is divided by
///   Span over_row(int64_t r, int64_t height, int64_t out_height) const  what output rows see row r; over_column() likewise
///
/// All but shape() are ELBOW_FN.
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
  template <class T> void device_map(const Tensor& x, cuda::Target y) const {
    const auto from = cuda::in<T>(x);  // [rows * channels, height, width]
    const Self op = self();
    const int64_t height = x.shape()[2], width = x.shape()[3];
    const int64_t out_height = y.tensor.shape()[2], out_width = y.tensor.shape()[3];
    cuda::write<T>(y, [=] ELBOW_DEVICE(int64_t i) {
      const int64_t plane = i / out_width / out_height, u = i / out_width % out_height, v = i % out_width;
      const Span rows = op.rows(u, height, out_height), columns = op.columns(v, width, out_width);
      T sum = 0;
      for (int64_t r = rows.begin; r < rows.end; ++r)
        for (int64_t s = columns.begin; s < columns.end; ++s) sum += from[(plane * height + r) * width + s];
      return sum * (T(1) / T(op.divisor(rows, columns)));
    });
  }
  /// Each pixel collects from the windows that see it.
  template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const {
    const auto from = cuda::in<T>(dy);  // [rows * channels, out_height, out_width]
    const Self op = self();
    const int64_t height = dx.tensor.shape()[2], width = dx.tensor.shape()[3];
    const int64_t out_height = dy.shape()[2], out_width = dy.shape()[3];
    cuda::write<T>(dx, [=] ELBOW_DEVICE(int64_t i) {
      const int64_t plane = i / width / height, r = i / width % height, s = i % width;
      const Span over_row = op.over_row(r, height, out_height),
                 over_column = op.over_column(s, width, out_width);
      T sum = 0;
      for (int64_t u = over_row.begin; u < over_row.end; ++u)
        for (int64_t v = over_column.begin; v < over_column.end; ++v) {
          const int64_t n = op.divisor(op.rows(u, height, out_height), op.columns(v, width, out_width));
          sum += from[(plane * out_height + u) * out_width + v] * (T(1) / T(n));
        }
      return sum;
    });
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

}  // namespace elbow::ops
