#include "autograd/alias.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// A copy of x in that type, float64 to float32 rounded to nearest; the gradient comes back in the type of x.
Tensor cast(const Tensor& x, DType dtype);
#endif

namespace elbow::ops {

struct Cast : Op {
  static constexpr auto name = "cast", doc = "a copy in another type";
  DType dtype = DType::float64;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    return in[0].shape();
  }
  Tensor output(Inputs in) const { return Tensor::empty(shape(in), dtype, in[0].device()); }
  template <class T> void forward(ForwardContext& c) const {
    dispatch(c.in[0].dtype(), [&]<class From>() {
      std::copy_n(c.in[0].template data<From>(), c.in[0].numel(), c.y.template data<T>());
    });
  }
  template <class T> void backward(BackwardContext& c) const {
    c.give(0, copy_of(c.dy(), c.dtype_of_input(0)));
  }
  template <class T, class From> static void device_convert(const Tensor& x, cuda::Target y) {
    const auto from = cuda::in<From>(x);
    cuda::write<T>(y, [=] ELBOW_DEVICE(int64_t i) { return T(from[i]); });
  }
  template <class T> void device_forward(ForwardContext& c) const {
    dispatch(c.in[0].dtype(), [&]<class From>() { device_convert<T, From>(c.in[0], cuda::Target(c.y)); });
  }
  template <class T> void device_backward(BackwardContext& c) const { backward<T>(c); }
  void backward_in_ops(BackwardContext& c) const { c.give(0, cast(c.dy(), c.dtype_of_input(0))); }
  void reference(Inputs in, double* y) const { std::copy_n(in[0].data<double>(), in[0].numel(), y); }
  static void samples(Samples<Cast>& s) {
    s.add(Cast{{}, DType::float64}, {s.in({3, 5})}, "to float64").add({s.in({0, 2})});
    s.benchmark(Cast{{}, DType::float64}, {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::cast(const Tensor& x, DType dtype) { return ops::apply(ops::Cast{{}, dtype}, x); }
ELBOW_OP(cast, Cast)
