#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "autograd/alias.hpp"
#include "autograd/op.hpp"
#include "autograd/window.hpp"
#include "base/parallel.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The largest element of each window: x [rows, channels, height, width], windows of the size `kernel`; the padding counts as -infinity.
/// Throws when no window fits, or the padding is more than half of one.
Tensor max_pool2d(const Tensor& x, Extent kernel, Extent stride, Extent padding = 0);
/// Windows side by side.
Tensor max_pool2d(const Tensor& x, Extent kernel);
#endif

namespace elbow::ops {

struct MaxPool2d : Op {
  static constexpr auto
      name = "max_pool2d",
      doc = "the largest element of each window of an image, of equal ones the first; NaN stays NaN";
  Window window;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    return window.pooled(name, in[0].shape());
  }
  template <class T> void forward(ForwardContext& c) const {
    const Shape &in = c.in[0].shape(), &out = c.y.shape();
    const T* x = c.in[0].template data<T>();  // [rows, channels, height, width]
    T* y = c.y.template data<T>();            // [rows, channels, out_height, out_width]
    const int64_t step = window.stride.width;
    parallel_for(in[0] * in[1], c.in[0].numel(), [&](int64_t plane) {
      const T* from = x + plane * in[2] * in[3];
      for (int64_t u = 0; u < out[2]; ++u) {
        T* to = y + (plane * out[2] + u) * out[3];
        std::fill_n(to, out[3], -std::numeric_limits<T>::infinity());
        window.for_each_pixel(in, u, 0, out[3], [&](int64_t at, int64_t first, int64_t last) {
          for (int64_t v = first; v < last; ++v) {
            const T value = from[at + v * step];
            to[v] = value > to[v] || value != value ? value : to[v];
          }
        });
      }
    });
    c.save(c.in[0]);
    c.save(c.y);
  }
  /// f(plane, first window, their number, winners) for each run of windows in a row: where in the plane of x the first pixel
  /// that is each window's maximum lies. The windows are numbered through the whole output.
  template <class T, class F> void for_each_winner(const Tensor& input, const Tensor& output, F f) const {
    const Shape &in = input.shape(), &out = output.shape();
    const T* x = input.data<T>();   // [rows, channels, height, width]
    const T* y = output.data<T>();  // [rows, channels, out_height, out_width]
    const int64_t step = window.stride.width;
    parallel_for(in[0] * in[1], in.numel(), [&](int64_t plane) {
      const T* from = x + plane * in[2] * in[3];
      constexpr int64_t chunk = 64;
      std::array<int64_t, chunk> winner;
      for (int64_t u = 0; u < out[2]; ++u)
        for (int64_t begin = 0; begin < out[3]; begin += chunk) {
          const int64_t end = std::min(begin + chunk, out[3]), row = (plane * out[2] + u) * out[3];
          winner.fill(-1);
          window.for_each_pixel(in, u, begin, end, [&](int64_t at, int64_t first, int64_t last) {
            for (int64_t v = first; v < last; ++v) {  // without branches, whose way nobody could foretell
              const T value = from[at + v * step], top = y[row + v];
              int64_t& mine = winner[size_t(v - begin)];
              const bool found = (mine < 0) & ((value == top) | ((value != value) & (top != top)));
              mine = found ? at + v * step : mine;
            }
          });
          f(plane, row + begin, end - begin, winner.data());
        }
    });
  }
  // The gradient of a window goes to the first pixel that is its maximum.
  template <class T> void backward(BackwardContext& c) const {
    const Shape& in = c.saved(0).shape();
    const int64_t pixels = in[2] * in[3];
    const T* dy = c.dy().template data<T>();  // [rows, channels, out_height, out_width]
    auto [gradient, add] = c.template into<T>(0);
    if (!add) std::fill_n(gradient, in.numel(), T(0));
    for_each_winner<T>(c.saved(0), c.saved(1),
                       [&, dx = gradient](int64_t plane, int64_t first, int64_t n, const int64_t* winner) {
                         for (int64_t i = 0; i < n; ++i) dx[plane * pixels + winner[i]] += dy[first + i];
                       });
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const Shape &in = c.in[0].shape(), &out = c.y.shape();
    const auto x = cuda::in<T>(c.in[0]);  // [rows * channels, height, width]
    const Window window = this->window;
    const int64_t height = in[2], width = in[3], out_height = out[2], out_width = out[3];
    cuda::write<T>(cuda::Target(c.y), [=] ELBOW_DEVICE(int64_t i) {
      const int64_t plane = i / out_width / out_height;
      const Span rows = window.rows(i / out_width % out_height, height),
                 columns = window.columns(i % out_width, width);
      T top = -std::numeric_limits<T>::infinity();
      for (int64_t r = rows.begin; r < rows.end; ++r)
        for (int64_t s = columns.begin; s < columns.end; ++s) {
          const T value = x[(plane * height + r) * width + s];
          if (value > top || value != value) top = value;
        }
      return top;
    });
    c.save(c.in[0]);
    c.save(c.y);
  }
  // Each pixel collects from the windows over it whose first maximum it is.
  template <class T> void device_backward(BackwardContext& c) const {
    const Shape &in = c.saved(0).shape(), &out = c.saved(1).shape();
    const auto x = cuda::in<T>(c.saved(0));  // [rows * channels, height, width]
    const auto y = cuda::in<T>(c.saved(1)),
               dy = cuda::in<T>(c.dy());  // [rows * channels, out_height, out_width]
    const Window window = this->window;
    const int64_t height = in[2], width = in[3], out_height = out[2], out_width = out[3];
    cuda::write<T>(cuda::Target(c.target(0)), [=] ELBOW_DEVICE(int64_t i) {
      const int64_t plane = i / width / height, row = i / width % height, column = i % width;
      const Span over_row = window.over_row(row, out_height),
                 over_column = window.over_column(column, out_width);
      T sum = 0;
      for (int64_t u = over_row.begin; u < over_row.end; ++u)
        for (int64_t v = over_column.begin; v < over_column.end; ++v) {
          const int64_t at = (plane * out_height + u) * out_width + v;
          const T top = y[at];
          const auto is_top = [&](int64_t r, int64_t s) {
            const T value = x[(plane * height + r) * width + s];
            return value == top || (value != value && top != top);
          };
          bool first = is_top(row, column);
          const Span columns = window.columns(v, width);
          for (int64_t r = window.rows(u, height).begin; first && r <= row; ++r)
            for (int64_t s = columns.begin; first && s < (r < row ? columns.end : column); ++s)
              first = !is_top(r, s);
          if (first) sum += dy[at];
        }
      return sum;
    });
  }
  // With the winners fixed, the backward is a scatter. The CPU finds them, since an index lies on the host.
  void backward_in_ops(BackwardContext& c) const {
    const Tensor x = on_cpu(c.saved(0)), y = on_cpu(c.saved(1));
    const int64_t pixels = x.size(2) * x.size(3);
    std::vector<int64_t> winners(size_t(y.numel()));
    dispatch(x.dtype(), [&]<class T>() {
      for_each_winner<T>(x, y, [&](int64_t plane, int64_t first, int64_t n, const int64_t* winner) {
        for (int64_t i = 0; i < n; ++i) winners[size_t(first + i)] = plane * pixels + winner[i];
      });
    });
    const Tensor flat = scatter_add(Tensor::zeros({x.numel()}, x.dtype(), c.dy().device()), 0, winners,
                                    reshape(c.dy(), {y.numel()}));
    c.give(0, reshape(flat, x.shape()));
  }
  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape(), out = shape(in);
    for (int64_t plane = 0; plane < x[0] * x[1]; ++plane)
      for (int64_t u = 0; u < out[2]; ++u)
        for (int64_t v = 0; v < out[3]; ++v) {
          *y = -INFINITY;
          for (int64_t r = 0; r < x[2]; ++r)
            for (int64_t s = 0; s < x[3]; ++s) {
              const int64_t i = r - u * window.stride.height + window.padding.height,
                            j = s - v * window.stride.width + window.padding.width;
              if (i >= 0 && i < window.size.height && j >= 0 && j < window.size.width)
                *y = std::max(*y, in[0].data<double>()[(plane * x[2] + r) * x[3] + s]);
            }
          ++y;
        }
  }
  static void samples(Samples<MaxPool2d>& s) {
    s.add(MaxPool2d{{}, {2, 2}}, {s.in({2, 3, 6, 5}).distinct()}, "2x2, stride 2");
    s.add(MaxPool2d{{}, {{3, 2}, {2, 1}, {1, 0}}}, {s.in({2, 2, 5, 4}).distinct()},
          "3x2, stride 2x1, padding 1x0");
    s.add(MaxPool2d{{}, {{1, 3}, {1, 2}, {0, 1}}}, {s.in({1, 1, 2, 139}).distinct()}, "a wide image");
    s.add(MaxPool2d{{}, {{4, 3}}}, {s.in({2, 2, 4, 3}).distinct()}, "kernel = image").add({s.in({0, 2, 3, 3})});
    s.refuse(MaxPool2d{{}, {2, 2}}, {s.in({4, 4})}, "expects images [rows, channels, height, width]");
    s.refuse(MaxPool2d{{}, {5, 1}}, {s.in({1, 1, 4, 6})}, "kernel 5x5 is larger than");
    s.refuse(MaxPool2d{{}, {2, 0}}, {s.in({1, 1, 4, 4})}, "at least 1");
    s.refuse(MaxPool2d{{}, {3, 1, 2}}, {s.in({1, 1, 4, 4})}, "more than half of the kernel 3x3");
    s.benchmark(MaxPool2d{{}, {2, 2}}, {s.in({50, 32, 28, 28})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::max_pool2d(const Tensor& x, Extent kernel, Extent stride, Extent padding) {
  return ops::apply(ops::MaxPool2d{{}, {kernel, stride, padding}}, x);
}
elbow::Tensor elbow::max_pool2d(const Tensor& x, Extent kernel) { return max_pool2d(x, kernel, kernel); }
ELBOW_OP(max_pool2d, MaxPool2d)
