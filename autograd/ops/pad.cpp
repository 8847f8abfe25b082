#include "autograd/kernels/axis_view.hpp"
#include "autograd/linear_op.hpp"
#include "autograd/window.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// Images with rows and columns of zeros around them: x [rows, channels, height, width] gives
/// [rows, channels, top + height + bottom, left + width + right]. Throws for a negative width.
Tensor pad(const Tensor& x, int64_t left, int64_t right, int64_t top, int64_t bottom);
#endif

namespace elbow::ops {

struct Pad : LinearOp<Pad> {
  static constexpr auto name = "pad", doc = "an image with rows and columns of zeros added around it";
  int64_t left = 0, right = 0, top = 0, bottom = 0;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    const Shape& x = in[0].shape();
    require_images(name, x);
    if (std::min({left, right, top, bottom}) < 0)
      fail(name, "left ", left, ", right ", right, ", top ", top, " and bottom ", bottom,
           " must not be negative: slice() takes rows and columns away");
    return {x[0], x[1], x[2] + top + bottom, x[3] + left + right};
  }
  /// x [rows * channels, height, width], y [rows * channels, out_height, out_width].
  template <class T> void map(const Shape& in, const T* x, const Shape& out, T* y) const {
    std::fill_n(y, out.numel(), T(0));
    for (int64_t plane = 0; plane < in[0] * in[1]; ++plane)
      for (int64_t r = 0; r < in[2]; ++r)
        std::copy_n(x + (plane * in[2] + r) * in[3], in[3], y + (plane * out[2] + top + r) * out[3] + left);
  }
  template <class T> void adjoint(const Shape& out, const T* dy, const Shape& in, T* dx, bool add) const {
    for (int64_t plane = 0; plane < in[0] * in[1]; ++plane)
      for (int64_t r = 0; r < in[2]; ++r)
        copy_or_add(dy + (plane * out[2] + top + r) * out[3] + left, in[3], dx + (plane * in[2] + r) * in[3],
                    add);
  }
  template <class T> void device_map(const Tensor& x, cuda::Target y) const {
    const Shape &in = x.shape(), &out = y.tensor.shape();
    const auto from = cuda::in<T>(x);  // [rows * channels, height, width]
    const int64_t height = in[2], width = in[3], out_height = out[2], out_width = out[3], left = this->left,
                  top = this->top;
    cuda::write<T>(y, [=] ELBOW_DEVICE(int64_t i) {
      const int64_t plane = i / out_width / out_height, r = i / out_width % out_height - top,
                    s = i % out_width - left;
      const bool inside = r >= 0 && r < height && s >= 0 && s < width;
      return inside ? from[(plane * height + r) * width + s] : T(0);
    });
  }
  template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const {
    const Shape &in = dx.tensor.shape(), &out = dy.shape();
    const auto from = cuda::in<T>(dy);  // [rows * channels, out_height, out_width]
    const int64_t height = in[2], width = in[3], out_height = out[2], out_width = out[3], left = this->left,
                  top = this->top;
    cuda::write<T>(dx, [=] ELBOW_DEVICE(int64_t i) {
      const int64_t plane = i / width / height, r = i / width % height, s = i % width;
      return from[(plane * out_height + top + r) * out_width + left + s];
    });
  }
  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape();
    for (int64_t plane = 0; plane < x[0] * x[1]; ++plane)
      for (int64_t r = -top; r < x[2] + bottom; ++r)
        for (int64_t s = -left; s < x[3] + right; ++s) {
          const bool inside = r >= 0 && r < x[2] && s >= 0 && s < x[3];
          *y++ = inside ? in[0].data<double>()[(plane * x[2] + r) * x[3] + s] : 0;
        }
  }
  static void samples(Samples<Pad>& s) {
    s.add(Pad{{}, 1, 2, 3, 0}, {s.in({2, 3, 4, 5})}, "left 1, right 2, top 3").add({s.in({1, 2, 3, 2})});
    s.add(Pad{{}, 0, 1, 1, 1}, {s.in({2, 1, 0, 3})}, "no pixels");
    s.refuse(Pad{{}, 1, 1, 1, 1}, {s.in({4, 4})}, "expects images [rows, channels, height, width]");
    s.refuse(Pad{{}, 1, -1, 0, 0}, {s.in({1, 1, 4, 4})}, "must not be negative");
    s.benchmark(Pad{{}, 2, 2, 2, 2}, {s.in({50, 3, 28, 28})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::pad(const Tensor& x, int64_t left, int64_t right, int64_t top, int64_t bottom) {
  return ops::apply(ops::Pad{{}, left, right, top, bottom}, x);
}
ELBOW_OP(pad, Pad)
