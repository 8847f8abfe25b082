#pragma once
#include <algorithm>
#include <type_traits>

#include "autograd/math.hpp"
#include "autograd/simd.hpp"
#include "autograd/tape.hpp"
#include "autograd/tensor.hpp"

/// What an op file needs. One op is one struct in autograd/ops/<op>.hpp, of one of these kinds:
///
///   Elementwise<N>  gives its formula and its derivatives as functions over a value type V; everything else
///   (shapes,
///                   broadcasting, SIMD, CUDA) is done for it.
///   Op              gives shape(), forward(), backward() and a plain reference() loop of its own.
///
/// Both give a name, a line of documentation and samples(), from which all tests of the op are made. The
/// settings of an op (a slope, axes, ...) are the members of its struct. docs/adding-an-op.md walks through
/// one.
namespace elbow::ops {

/// The tensors that an op is applied to.
struct Inputs {
  const Tensor* const* tensors;
  size_t count;
  const Tensor& operator[](size_t i) const { return *tensors[i]; }
  size_t size() const { return count; }
};

/// What an op's forward sees: its inputs, its output to be filled, and save(), which keeps a tensor for the
/// backward.
class ForwardContext {
 public:
  ForwardContext(Inputs in, const Tensor& y, bool recording) : in(in), y(y), recording(recording) {}
  const Inputs in;
  const Tensor& y;
  const bool recording;  ///< whether a backward may follow: if not, there is no need to save
  void save(const Tensor& t) {
    if (!recording) return;
    if (n_saved_ == max_saved) fail("op", "an op saves at most ", max_saved, " tensors");
    saved_[n_saved_++] = t;
  }
  const Tensor* saved() const { return saved_; }
  size_t n_saved() const { return n_saved_; }

 private:
  static constexpr size_t max_saved = 5;
  Tensor saved_[max_saved];
  size_t n_saved_ = 0;
};

/// Base of the ops that are not element-wise. Members to write:
///
///   Shape shape(Inputs in) const                          checks the inputs, gives the shape of the output
///   template <class T> void forward(ForwardContext&) const
///   template <class T> void backward(BackwardContext&) const
///   void reference(Inputs in, double* y) const            the same in plain loops over float64 inputs, to test
///   against
struct Op {
  static constexpr int arity = -1;  // any; shape() checks
};

/// Which tensors the backward of an element-wise op reads, besides the gradient of its output.
enum class Saves { nothing, inputs, output, inputs_and_output };

/// Base of the element-wise ops of N inputs, which are broadcast against each other. Members to write, for N =
/// 1:
///
///   template <class V> ELBOW_FN V forward(V x) const
///   template <class V> ELBOW_FN V backward(V x, V y, V gy) const
///
/// and for N = 2, 3: forward(a, b, ...), and for each input I: backward(index<I>, a, b, ..., y, gy). A formula
/// may only read what `saves` names.
template <int N> struct Elementwise {
  static constexpr int arity = N;
  static constexpr Saves saves = Saves::inputs;
};
using Unary = Elementwise<1>;
using Binary = Elementwise<2>;
using Ternary = Elementwise<3>;

/// Tells the derivatives with respect to the inputs of an element-wise op apart.
template <int I> using Index = std::integral_constant<int, I>;

template <class O> inline constexpr bool is_elementwise = O::arity > 0;

/// Whether an op's backward is written in ops too, so that its gradient can be differentiated again.
template <class O>
concept DifferentiableTwice = requires(const O& op, BackwardContext& c) {
  op.backward_in_ops(c);
};

/// Applies an op: checks the inputs, runs the forward kernel and records the op on the tape. Defined in
/// autograd/op_kernels.hpp, for each op in a source file of its own that the build writes.
template <class O> Tensor apply_op(const O& op, Inputs in);

template <class O, class... Tensors> Tensor apply(const O& op, const Tensors&... tensors) {
  const Tensor* in[] = {&tensors...};
  return apply_op(op, Inputs{in, sizeof...(tensors)});
}

/// Throws unless there are `n` inputs, and names the op.
inline void require_inputs(const char* op, Inputs in, size_t n) {
  if (in.size() != n) fail(op, "takes ", n, " tensors, not ", in.size());
}

}  // namespace elbow::ops
