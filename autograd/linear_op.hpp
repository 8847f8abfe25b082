#pragma once
// Ops that are linear maps of one tensor: the backward is the adjoint map, whose own backward is the map again.
#include "autograd/op.hpp"

namespace elbow::ops {

/// The adjoint of a linear op as an op: its forward is the op's backward, its backward the op's forward.
template <class O> struct Adjoint : Op {
  static constexpr auto name = O::name, doc = "";
  O op;
  Shape target;  // of the op's input
  Adjoint(const O& op, const Shape& target) : op(op), target(target) {}

  Shape shape(Inputs) const { return target; }
  template <class T> void forward(ForwardContext& c) const {
    op.template adjoint<T>(c.in[0].shape(), c.in[0].data<T>(), target, c.y.template data<T>(), false);
  }
  template <class T> void backward(BackwardContext& c) const {
    Tensor dx = Tensor::empty(c.shape_of_input(0), c.dy().dtype());
    op.template map<T>(target, c.dy().template data<T>(), dx.shape(), dx.template data<T>());
    c.give(0, dx);
  }
  void backward_in_ops(BackwardContext& c) const { c.give(0, apply(op, c.dy())); }
  template <class T> void device_forward(ForwardContext& c) const {
    op.template device_adjoint<T>(c.in[0], cuda::Target(c.y));
  }
  template <class T> void device_backward(BackwardContext& c) const {
    Tensor dx = Tensor::empty(c.shape_of_input(0), c.dy().dtype(), c.dy().device());
    op.template device_map<T>(c.dy(), cuda::Target(dx));
    c.give(0, dx);
  }
  void reference(Inputs, double*) const {}  // tested as the second derivative of the op
  static void samples(auto&) {}
};

/// Base of the linear ops of one tensor. Members to write, besides name, doc, shape(), reference() and samples():
///
///   template <class T> void map(const Shape& in, const T* x, const Shape& out, T* y) const                    y = A x
///   template <class T> void adjoint(const Shape& out, const T* dy, const Shape& in, T* dx, bool add) const    dx (+)= A^T dy
///
/// and the same on the GPU (backend/cuda/kernels.hpp), with the shapes of the tensors:
///
///   template <class T> void device_map(const Tensor& x, cuda::Target y) const
///   template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const
///
/// Derivatives of every order follow.
template <class Self> struct LinearOp : Op {
  using AdjointOp = Adjoint<Self>;
  template <class T> void forward(ForwardContext& c) const {
    self().template map<T>(c.in[0].shape(), c.in[0].data<T>(), c.y.shape(), c.y.template data<T>());
  }
  template <class T> void backward(BackwardContext& c) const {
    auto [dx, add] = c.template into<T>(0);
    self().template adjoint<T>(c.dy().shape(), c.dy().template data<T>(), c.shape_of_input(0), dx, add);
  }
  template <class T> void device_forward(ForwardContext& c) const {
    self().template device_map<T>(c.in[0], cuda::Target(c.y));
  }
  template <class T> void device_backward(BackwardContext& c) const {
    self().template device_adjoint<T>(c.dy(), cuda::Target(c.target(0)));
  }
  void backward_in_ops(BackwardContext& c) const {
    c.give(0, apply(Adjoint<Self>(self(), c.shape_of_input(0)), c.dy()));
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

}  // namespace elbow::ops
