#include "autograd/backend/cuda/gemm.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/kernels/gemm/gemm.hpp"
#include "autograd/kernels/rectified.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x weight + bias: x [rows, in], weight [in, out], bias [out] give [rows, out]; with `relu`, max(., 0) of that. Throws when the
/// sizes do not fit.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, bool relu = false);
#endif

namespace elbow::ops {

struct Linear : Op {
  static constexpr auto name = "linear",
                        doc =
                            "x w + b: x [rows, in], w [in, out], b [out]; the bias, and with `relu` max(., 0), "
                            "are part of the product";
  bool relu = false;

  // The weight lies as [in, out], so that the product of the forward pass, and that of the weight's gradient, read all
  // matrices along their rows; only the gradient of x needs w transposed, and the first layer of a net needs none.
  Shape shape(Inputs in) const {
    require_inputs(name, in, 3);
    const Shape &x = in[0].shape(), &w = in[1].shape(), &b = in[2].shape();
    if (x.rank() != 2 || w.rank() != 2 || x[1] != w[0])
      fail(name, "input ", x, " and weight ", w, ": expects [rows, in] and [in, out]");
    if (b.rank() != 1 || b[0] != w[1])
      fail(name, "weight ", w, " and bias ", b, ": expects a bias of shape [", w[1], "]");
    return {x[0], w[1]};
  }
  template <class T> void forward(ForwardContext& c) const {
    const Tensor &x = c.in[0], &w = c.in[1];
    const int64_t m = x.shape()[0], k = x.shape()[1], n = w.shape()[1];
    gemm<T>({Trans::no, Trans::no, m, n, k, x.data<T>(), k, w.data<T>(), n, false, c.y.template data<T>(), n,
             c.in[2].template data<T>(), relu ? Activation::relu : Activation::none});
    save_for_backward(c);
  }
  void save_for_backward(ForwardContext& c) const {
    c.save(c.in[0]);
    c.save(c.in[1]);
    if (relu) c.save(c.y);
  }
  template <class T> void backward(BackwardContext& c) const {
    const Tensor &x = c.saved(0), &w = c.saved(1);
    const int64_t m = x.shape()[0], k = x.shape()[1], n = w.shape()[1];
    Tensor come_through = c.dy();  // [m, n]: the gradient of the product
    if (relu) {
      come_through = Tensor::empty(c.dy().shape(), c.dy().dtype());
      simd::map<T>(
          m * n, come_through.template data<T>(), false, [](auto d, auto y) { return let_through(d, y); },
          c.dy().template data<T>(), c.saved(2).template data<T>());
    }
    const T* dy = std::as_const(come_through).template data<T>();  // [m, n]
    if (c.needs(0)) {                                              // dx[m,k] = dy w^T
      auto [dx, add] = c.template into<T>(0);
      product<T>(m, k, n, {dy, n, Trans::no}, {w.data<T>(), n, Trans::yes}, dx, add);
    }
    if (c.needs(1)) {  // dw[k,n] = x^T dy
      auto [dw, add] = c.template into<T>(1);
      product<T>(k, n, m, {x.data<T>(), k, Trans::yes}, {dy, n, Trans::no}, dw, add);
    }
    if (c.needs(2)) {  // db[n] = the column sums of dy
      auto [db, add] = c.template into<T>(2);
      sum_to_shape<T>(dy, {m, n}, db, {n}, add);
    }
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor zero = Tensor::zeros({}, c.dy().dtype(), c.dy().device());
    const Tensor dy = relu ? where(less(zero, c.saved(2)), c.dy(), zero) : c.dy();
    if (c.needs(0)) c.give(0, matmul(dy, c.saved(1), Trans::no, Trans::yes));
    if (c.needs(1)) c.give(1, matmul(c.saved(0), dy, Trans::yes, Trans::no));
    if (c.needs(2)) c.give(2, sum_to(dy, c.shape_of_input(2)));
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const Tensor &x = c.in[0], &w = c.in[1];
    const int64_t m = x.shape()[0], k = x.shape()[1], n = w.shape()[1];
    cuda::gemm<T>({Trans::no, Trans::no, m, n, k, cuda::in<T>(x), k, cuda::in<T>(w), n, false,
                   cuda::out<T>(c.y), n, cuda::in<T>(c.in[2]), relu});
    save_for_backward(c);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const Tensor &x = c.saved(0), &w = c.saved(1);
    Tensor dy = c.dy();  // of the product
    if (relu) {
      dy = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
      const auto of_y = cuda::in<T>(c.dy()), y = cuda::in<T>(c.saved(2));
      cuda::write<T>(dy, [=] ELBOW_DEVICE(int64_t i) { return let_through(T(of_y[i]), T(y[i])); });
    }
    const int64_t m = x.shape()[0], k = x.shape()[1], n = w.shape()[1];
    if (c.needs(0)) {  // dx[m,k] = dy w^T
      const auto [dx, add] = c.target(0);
      cuda::gemm<T>(
          {Trans::no, Trans::yes, m, k, n, cuda::in<T>(dy), n, cuda::in<T>(w), n, add, cuda::out<T>(dx), k});
    }
    if (c.needs(1)) {  // dw[k,n] = x^T dy, and in the same launch db[n] = the column sums of dy
      const auto [dw, add] = c.target(1);
      const cuda::Product<T> product{
          Trans::yes, Trans::no, k, n, m, cuda::in<T>(x), k, cuda::in<T>(dy), n, add, cuda::out<T>(dw), n};
      if (!c.needs(2)) return cuda::gemm<T>(product);
      const auto [db, add_db] = c.target(2);
      cuda::gemm_with_sums<T>(product, cuda::out<T>(db), add_db);
    } else if (c.needs(2)) {
      cuda::sum_to_shape<T>(dy, {m, n}, c.target(2), {n});
    }
  }
  void reference(Inputs in, double* y) const {
    const int64_t m = in[0].size(0), k = in[0].size(1), n = in[1].size(1);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        y[i * n + j] = in[2].data<double>()[j];
        for (int64_t l = 0; l < k; ++l)
          y[i * n + j] += in[0].data<double>()[i * k + l] * in[1].data<double>()[l * n + j];
        if (relu) y[i * n + j] = std::max(y[i * n + j], 0.0);
      }
  }
  void onnx(OnnxNode& node) const {
    const std::string y = node.add("Gemm", {node.in(0), node.in(1), node.in(2)});
    node.is(relu ? node.add("Relu", {y}) : y);
  }
  static void samples(Samples<Linear>& s) {
    s.add({s.in({3, 4}), s.in({4, 5}), s.in({5})}).add({s.in({17, 6}), s.in({6, 33}), s.in({33})});
    s.add({s.in({0, 4}), s.in({4, 5}), s.in({5})});
    s.add(Linear{{}, true}, {s.in({17, 6}), s.in({6, 33}), s.in({33})}, "with relu");
    s.refuse({}, {s.in({3, 4}), s.in({5, 4}), s.in({4})}, "expects [rows, in] and [in, out]");
    s.refuse({}, {s.in({3, 4}), s.in({4, 5}), s.in({4})}, "bias");
    s.benchmark({}, {s.in({64, 64}), s.in({64, 64}), s.in({64})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::linear(const Tensor& x, const Tensor& weight, const Tensor& bias, bool relu) {
  return ops::apply(ops::Linear{{}, relu}, x, weight, bias);
}
ELBOW_OP(linear, Linear)
