#pragma once
// Turns the samples() of an op into entries of the registry. Included by the source file of each op.
#include "autograd/broadcast.hpp"
#include "autograd/op.hpp"
#include "autograd/registry.hpp"

namespace elbow::ops {

/// The reference of an element-wise op: its scalar formula in double, element by element.
template <class O> void elementwise_reference(const O& op, Inputs in, const Shape& shape, double* y) {
  constexpr size_t N = size_t(O::arity);
  std::array<const Shape*, N> shapes;
  for (size_t j = 0; j < N; ++j) shapes[j] = &in[j].shape();
  const BroadcastWalk<N> walk(shape, shapes);
  if (shape.numel() == 0) return;
  for (int64_t row = 0; row < walk.rows(); ++row)
    for (int64_t i = 0; i < walk.inner_size(); ++i) {
      const auto at = walk.offsets(row);
      y[row * walk.inner_size() + i] = [&]<size_t... J>(std::index_sequence<J...>) {
        return op.forward(in[J].template data<double>()[at[J] + i * walk.inner_stride(J)]...);
      }
      (std::make_index_sequence<N>{});
    }
}

/// The formula of an element-wise op as plain scalar code: its output for input = -1, else that input's
/// derivative times gy.
template <class T, class O> T scalar_formula(const O& op, int input, const double* x, T gy) {
  const auto formula = [&]<size_t... J>(std::index_sequence<J...>) {
    const T y = op.forward(T(x[J])...);
    if (input < 0) return y;
    if constexpr (O::arity == 1) return op.backward(T(x[0]), y, gy);
    T slope{};
    const auto take = [&](auto index) {
      if constexpr (O::arity > 1)
        if (index == input) slope = op.backward(index, T(x[J])..., y, gy);
    };
    (take(Index<int(J)>{}), ...);
    return slope;
  };
  return formula(std::make_index_sequence<size_t(O::arity)>{});
}

/// What an op's samples(s) is given: it adds samples, refusals and benchmark sizes.
template <class O> class Samples {
 public:
  explicit Samples(OpInfo& info) : info_(info) {}

  /// An input of that shape with elements between lo and hi.
  static InputSpec in(const Shape& shape, double lo = -2, double hi = 2) { return {shape, lo, hi}; }

  Samples& add(std::vector<InputSpec> inputs) { return add(O{}, std::move(inputs)); }
  Samples& add(const O& op, std::vector<InputSpec> inputs, const std::string& note = "") {
    info_.samples.push_back(make(op, std::move(inputs), note));
    return *this;
  }
  /// Sizes to time: those of the models.
  Samples& benchmark(const O& op, std::vector<InputSpec> inputs, const std::string& note = "") {
    info_.benchmarks.push_back(make(op, std::move(inputs), note));
    return *this;
  }
  Samples& refuse(const O& op, std::vector<InputSpec> inputs, const std::string& message) {
    info_.refusals.push_back({message, inputs, caller(op)});
    return *this;
  }
  /// Element-wise ops: try it at +-0, +-20, +-300, infinity and NaN against the scalar formula.
  Samples& extremes() {
    info_.extremes = true;
    return *this;
  }
  /// The derivative jumps at x.
  Samples& kink(double x) {
    info_.kinks.push_back(x);
    return *this;
  }

 private:
  static std::function<Tensor(const std::vector<Tensor>&)> caller(const O& op) {
    return [op](const std::vector<Tensor>& inputs) {
      std::vector<const Tensor*> pointers;
      for (const Tensor& t : inputs) pointers.push_back(&t);
      return apply_op(op, Inputs{pointers.data(), pointers.size()});
    };
  }
  static OpSample make(const O& op, std::vector<InputSpec> inputs, const std::string& note) {
    std::string text = note;
    for (const InputSpec& i : inputs) text += str(text.empty() ? "" : " ", i.shape);
    OpSample sample{text, std::move(inputs), caller(op), reference_of(op), DifferentiableTwice<O>, nullptr};
    if constexpr (is_elementwise<O>)
      sample.formula = [op](int input, DType dtype, const double* x, double gy) {
        return dispatch(dtype, [&]<class T>() { return double(scalar_formula<T>(op, input, x, T(gy))); });
      };
    return sample;
  }
  static std::function<void(const std::vector<Tensor>&, double*)> reference_of(const O& op) {
    return [op](const std::vector<Tensor>& tensors, double* y) {
      std::vector<const Tensor*> pointers;
      for (const Tensor& t : tensors) pointers.push_back(&t);
      const Inputs in{pointers.data(), pointers.size()};
      if constexpr (is_elementwise<O>) {
        Shape shape = in[0].shape();
        for (size_t i = 1; i < in.size(); ++i) shape = broadcast(shape, in[i].shape(), O::name);
        elementwise_reference(op, in, shape, y);
      } else {
        op.reference(in, y);
      }
    };
  }

  OpInfo& info_;
};

/// The registry's entry of an op.
template <class O> OpInfo describe() {
  OpInfo info;
  info.name = O::name;
  info.doc = O::doc;
  info.arity = O::arity;
  constexpr const char* kinds[] = {"structured", "", "unary", "binary", "ternary"};
  info.kind = kinds[O::arity + 1];
  info.differentiable_twice = DifferentiableTwice<O>;
  info.has_settings = !std::is_empty_v<O>;
  Samples<O> samples(info);
  O::samples(samples);
  return info;
}

}  // namespace elbow::ops
