#pragma once
// How an op runs: apply_op, and the kernels of the element-wise ops. Included only by the one source file of
// each op that the build writes, with ELBOW_KERNELS defined.
#include "autograd/elementwise.hpp"
#include "autograd/op.hpp"

namespace elbow::ops {

template <class O> void check_inputs(Inputs in) {
  if (O::arity >= 0) require_inputs(O::name, in, size_t(O::arity));
  if (in.size() == 0) fail(O::name, "needs at least one tensor");
  for (size_t i = 0; i < in.size(); ++i) {
    if (!in[i]) fail(O::name, "input ", i, " is an undefined tensor");
    if (in[i].dtype() != in[0].dtype())
      fail(O::name, "input 0 is ", name_of(in[0].dtype()), " and input ", i, " is ", name_of(in[i].dtype()),
           ": convert one with to()");
    if (in[i].device() != in[0].device())
      fail(O::name, "input 0 is on ", name_of(in[0].device()), " and input ", i, " on ",
           name_of(in[i].device()));
  }
}

template <class O> void run_backward(const void* settings, BackwardContext& context) {
  const O& op = *static_cast<const O*>(settings);
  dispatch(context.dy().dtype(), [&]<class T>() {
    if constexpr (is_elementwise<O>)
      elementwise_backward<T>(op, context);
    else
      op.template backward<T>(context);
  });
}

template <class O> void run_backward_in_ops(const void* settings, BackwardContext& context) {
  const O& op = *static_cast<const O*>(settings);
  if constexpr (DifferentiableTwice<O>) op.backward_in_ops(context);
}

template <class O> const OpRule& rule_of() {
  static const OpRule rule{O::name, &run_backward<O>,
                           DifferentiableTwice<O> ? &run_backward_in_ops<O> : nullptr,
                           [](void* op) { static_cast<O*>(op)->~O(); }};
  return rule;
}

template <class O> Tensor make_output(const O& op, Inputs in) {
  if constexpr (is_elementwise<O>)
    return Tensor::empty(elementwise_shape<O>(in), in[0].dtype());
  else if constexpr (requires { op.output(in); })
    return op.output(in);  // a view of an input
  else
    return Tensor::empty(op.shape(in), in[0].dtype());
}

template <class O> Tensor apply_op(const O& op, Inputs in) {
  check_inputs<O>(in);
  Tape* tape = Tape::recording(O::name, in.tensors, in.size());
  Tensor y = make_output(op, in);
  ForwardContext context(in, y, tape != nullptr);
  dispatch(y.dtype(), [&]<class T>() {
    if constexpr (is_elementwise<O>)
      elementwise_forward<T>(op, context);
    else
      op.template forward<T>(context);
  });
  if (check_nan()) {
    for (size_t i = 0; i < in.size(); ++i) require_finite(*in.tensors[i], O::name, "input");
    require_finite(y, O::name, "output");
  }
  if (tape) tape->record(rule_of<O>(), op, in.tensors, in.size(), context.saved(), context.n_saved(), y);
  return y;
}

}  // namespace elbow::ops
