#pragma once
// The table of one op (OpRule), made from its struct; ELBOW_OP at the end of an op's file puts it into the library and
// the registry.
#include <new>
#include <string_view>
#include <type_traits>

#include "autograd/kernels/elementwise.hpp"
#include "autograd/samples.hpp"
#if !ELBOW_DEVICE_SOURCE
#include "autograd/op_check.hpp"
#endif

namespace elbow::ops {
#if !ELBOW_DEVICE_SOURCE

namespace detail {

template <class O> const O& settings(const void* op) { return *static_cast<const O*>(op); }

template <class O> Tensor output(const void* op, Inputs in) {
  if constexpr (is_elementwise<O>)
    return Tensor::empty(elementwise_shape(O::name, in), in[0].dtype(), in[0].device());
  else if constexpr (requires { settings<O>(op).output(in); })
    return settings<O>(op).output(in);  // a view of an input, or another dtype
  else
    return Tensor::empty(settings<O>(op).shape(in), in[0].dtype(), in[0].device());
}

template <class T, class O> constexpr Strips<T> strips_of() {
  constexpr Reads reads = reads_of<O>();
  Strips<T> s{&forward_strip<T, O>, {}, reads};
  if constexpr (reads != Reads::no_derivative) [&]<int... I>(std::integer_sequence<int, I...>) {
      ((s.backward[I] = &backward_strip<T, O, I>), ...);
    }
  (std::make_integer_sequence<int, O::arity>{});
  return s;
}
template <class T, class O> inline constexpr Strips<T> strips = strips_of<T, O>();

template <class O> void forward(const void* op, ForwardContext& context) {
  dispatch(context.y.dtype(), [&]<class T>() {
    if constexpr (is_elementwise<O>)
      elementwise_forward<T>(strips<T, O>, op, context);
    else
      settings<O>(op).template forward<T>(context);
  });
}

template <class O> void backward(const void* op, BackwardContext& context) {
  dispatch(context.dy().dtype(), [&]<class T>() {
    if constexpr (is_elementwise<O>)
      elementwise_backward<T>(strips<T, O>, op, context);
    else
      settings<O>(op).template backward<T>(context);
  });
}

template <class O> void backward_in_ops(const void* op, BackwardContext& context) {
  if constexpr (is_elementwise<O>)
    elementwise_backward_in_ops(settings<O>(op), context);
  else
    settings<O>(op).backward_in_ops(context);
}

/// How an op is written as ONNX: its struct names an operator, or says how, or it is written as the operations of its formula.
template <class O> inline constexpr bool has_onnx_name = requires { std::string_view(O::onnx); };
template <class O> inline constexpr bool has_onnx_function = requires(const O& op, OnnxNode& node) {
  op.onnx(node);
};
template <class O>
inline constexpr bool has_onnx = has_onnx_name<O> || has_onnx_function<O> || is_elementwise<O>;

template <class O> void onnx(const void* op, OnnxNode& node) {
  if constexpr (has_onnx_name<O>) {
    std::vector<std::string> in;
    for (size_t i = 0; i < node.inputs(); ++i) in.push_back(node.in(i));
    node.is(node.add(O::onnx, in));
  } else if constexpr (has_onnx_function<O>) {
    settings<O>(op).onnx(node);
  } else {
    [&]<size_t... I>(std::index_sequence<I...>) {
      node.is(settings<O>(op).forward(Tracer(node.input(I))...).tensor_like(node.input(0)));
    }
    (std::make_index_sequence<size_t(O::arity)>{});
  }
}

}  // namespace detail

/// The table of an op type, from its struct.
template <class O> consteval OpRule make_rule() {
  static_assert(check_op<O>());
  OpRule rule{};
  rule.name = O::name;
  rule.arity = O::arity;
  rule.output = &detail::output<O>;
  rule.forward = &detail::forward<O>;
  if constexpr (has_derivative<O>()) {
    rule.backward = &detail::backward<O>;
    rule.backward_in_ops = &detail::backward_in_ops<O>;
  }
  if constexpr (detail::has_onnx<O>) rule.onnx = &detail::onnx<O>;
  rule.device = &device_kernels<O>;
  rule.copy = [](const void* op, void* to) { new (to) O(detail::settings<O>(op)); };
  rule.destroy = [](void* op) { static_cast<O*>(op)->~O(); };
  rule.bytes = sizeof(O);
  return rule;
}

template <class O> inline constexpr OpRule rule = make_rule<O>();
template <class O> const OpRule& rule_of() { return rule<O>; }

#endif

}  // namespace elbow::ops

/// The last line of an op's file: puts the op into the library, and into the registry under its file's name.
#if ELBOW_DEVICE_SOURCE
#define ELBOW_OP(file, Struct)                       \
  namespace elbow::ops {                             \
  void install_##file() { cuda::install<Struct>(); } \
  }
#else
#define ELBOW_OP(file, Struct)                                                                \
  namespace elbow::ops {                                                                      \
  static_assert(check_op<Struct>());                                                          \
  static_assert(check_samples<Struct>());                                                     \
  static_assert(std::string_view(Struct::name) == #file, "an op's name is that of its file"); \
  OpInfo describe_##file() { return describe<Struct>(); }                                     \
  }
#endif
