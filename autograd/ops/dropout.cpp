#include "autograd/backend/cuda/random.hpp"
#include "autograd/linear_op.hpp"
#include "autograd/random.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// Each element of x becomes 0 with probability p, the others are scaled by 1 / (1 - p). The mask is the sequence of random
/// numbers that `key` names (Srivastava et al. 2014). Throws unless 0 <= p < 1.
Tensor dropout(const Tensor& x, double p, const RandomKey& key);
#endif

namespace elbow::ops {

struct Dropout : LinearOp<Dropout> {
  static constexpr auto name = "dropout",
                        doc = "each element becomes 0 with probability p, the others are scaled by 1 / (1 - p)";
  double p = 0.5;
  RandomKey key;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    if (!(p >= 0 && p < 1)) fail(name, "the probability must lie in [0, 1), not ", p);
    return in[0].shape();
  }
  // The mask is a function of the key, so the backward draws it again instead of keeping it.
  template <class T> void scaled_by_mask(const T* x, int64_t n, T* y, bool add) const {
    Tensor mask = Tensor::empty({n}, dtype_of<T>);
    fill_bernoulli<T>(key, mask.template data<T>(), n, 1 - p);
    const T scale = T(1 / (1 - p));
    simd::map<T>(
        n, y, add,
        [=](auto v, auto m) {
          using V = decltype(v);
          return select(m == V(0), V(0), v * V(scale));
        },
        x, mask.template data<T>());
  }
  template <class T> void map(const Shape& in, const T* x, const Shape&, T* y) const {
    scaled_by_mask(x, in.numel(), y, false);
  }
  template <class T> void adjoint(const Shape& out, const T* dy, const Shape&, T* dx, bool add) const {
    scaled_by_mask(dy, out.numel(), dx, add);
  }
  template <class T> void device_map(const Tensor& from, cuda::Target to) const {
    const auto x = cuda::in<T>(from);
    const auto y = cuda::output<T>(to);
    const T scale = T(1 / (1 - p));
    const cuda::BernoulliDistribution<T> mask{uint32_t(std::lround((1 - p) * 0x1p31))};
    cuda::for_each_number<T>(key, mask, from.numel(), [=] ELBOW_DEVICE(int64_t i, T keep) {
      y.set(i, keep == T(0) ? T(0) : x[i] * scale);
    });
  }
  template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const { device_map<T>(dy, dx); }
  void reference(Inputs in, double* y) const {
    std::vector<double> keep(size_t(in[0].numel()));
    fill_bernoulli<double>(key, keep.data(), int64_t(keep.size()), 1 - p);
    for (size_t i = 0; i < keep.size(); ++i) y[i] = keep[i] != 0 ? in[0].data<double>()[i] / (1 - p) : 0;
  }
  static void samples(Samples<Dropout>& s) {
    s.add(Dropout{{}, 0.5, {1, 2, 3}}, {s.in({5, 7})}, "p = 0.5").add(Dropout{{}, 0, {}}, {s.in({5})}, "p = 0");
    s.refuse(Dropout{{}, 1, {}}, {s.in({5})}, "[0, 1)").refuse(Dropout{{}, -0.1, {}}, {s.in({5})}, "[0, 1)");
    s.benchmark(Dropout{{}, 0.5, {1, 2, 3}}, {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::dropout(const Tensor& x, double p, const RandomKey& key) {
  return ops::apply(ops::Dropout{{}, p, key}, x);
}
ELBOW_OP(dropout, Dropout)
