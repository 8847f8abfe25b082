#include <span>

#include "autograd/kernels/axis_view.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// Tensors one behind the other along an axis that is there; elsewhere their sizes are the same. Throws otherwise.
Tensor concat(const Tensor& a, const Tensor& b, int axis = -1);
Tensor concat(std::span<const Tensor> tensors, int axis = -1);
inline Tensor concat(std::initializer_list<Tensor> tensors, int axis = -1) {
  return concat(std::span<const Tensor>(tensors.begin(), tensors.size()), axis);
}
/// Tensors of one shape side by side along a new axis: n of shape [a, b] make [n, a, b], with `axis` 1 [a, n, b], with -1
/// [a, b, n]. Throws where their shapes differ.
Tensor stack(std::span<const Tensor> tensors, int axis = 0);
inline Tensor stack(std::initializer_list<Tensor> tensors, int axis = 0) {
  return stack(std::span<const Tensor>(tensors.begin(), tensors.size()), axis);
}
#endif

namespace elbow::ops {

struct Concat : Op {
  static constexpr auto name = "concat", doc = "tensors one behind the other along an axis";
  int axis = -1;

  Shape shape(Inputs in) const {
    if (in.size() == 0) fail(name, "needs at least one tensor");
    Shape out = in[0].shape();
    const int a = out.axis(axis, name);
    for (size_t i = 1; i < in.size(); ++i) {
      const Shape& s = in[i].shape();
      bool fits = s.rank() == out.rank();
      for (int k = 0; fits && k < s.rank(); ++k) fits = k == a || s[k] == out[k];
      if (!fits) fail(name, "shapes ", in[0].shape(), " and ", s, " differ in more than axis ", a);
      out[a] += s[a];
    }
    return out;
  }
  template <class T> void forward(ForwardContext& c) const {
    const int a = c.y.shape().axis(axis, name);
    const AxisView whole(c.y.shape(), a);
    int64_t first = 0;  // where the next tensor begins along the axis
    for (size_t k = 0; k < c.in.size(); ++k) {
      const AxisView part(c.in[k].shape(), a);
      const T* x = c.in[k].template data<T>();              // [outer, part.size, inner]
      T* y = c.y.template data<T>() + first * whole.inner;  // [outer, whole.size, inner]
      const int64_t n = part.size * part.inner;
      for (int64_t o = 0; o < whole.outer; ++o)
        copy_or_add(x + o * n, n, y + o * whole.size * whole.inner, false);
      first += part.size;
    }
  }
  template <class T> void backward(BackwardContext& c) const {
    const int a = c.dy().shape().axis(axis, name);
    const AxisView whole(c.dy().shape(), a);
    int64_t first = 0;
    for (size_t k = 0; k < c.inputs(); ++k) {
      const AxisView part(c.shape_of_input(k), a);
      const int64_t n = part.size * part.inner;
      const T* dy = c.dy().template data<T>() + first * whole.inner;  // [outer, whole.size, inner]
      first += part.size;
      if (!c.needs(k)) continue;
      auto [dx, add] = c.template into<T>(k);  // [outer, part.size, inner]
      for (int64_t o = 0; o < whole.outer; ++o)
        copy_or_add(dy + o * whole.size * whole.inner, n, dx + o * n, add);
    }
  }
  void backward_in_ops(BackwardContext& c) const {
    const int a = c.dy().shape().axis(axis, name);
    int64_t first = 0;
    for (size_t k = 0; k < c.inputs(); ++k) {
      const int64_t size = c.shape_of_input(k)[a];
      if (c.needs(k)) c.give(k, slice(c.dy(), a, first, first + size));
      first += size;
    }
  }
  /// Up to four neighbours among the tensors, which one kernel copies: [outer, size, inner] of the whole [outer, whole, inner].
  template <class Data> struct Neighbours {
    static constexpr int most = 4;
    struct Part {
      Data data;            // [outer, size, inner]
      int64_t begin, size;  // along the axis, counted from the first of the neighbours
    };
    int64_t outer, whole, inner, first = 0, size = 0;  // first: where they begin in the whole
    int count = 0;
    Part parts[most] = {};
    explicit Neighbours(const AxisView& v) : outer(v.outer), whole(v.size), inner(v.inner) {}
    void append(const Data& data, int64_t length) {
      parts[count++] = {data, size, length};
      size += length;
    }
    /// Makes room for those that follow.
    void go_on() {
      first += size;
      size = count = 0;
    }
    /// Where element i of the neighbours lies: in which of them, and where in it and in the whole.
    struct Place {
      int part;
      int64_t element, in_whole;
    };
    ELBOW_FN Place place(int64_t i) const {
      const int64_t o = i / inner / size, j = i / inner % size, k = i % inner;
      int p = 0;
      while (p + 1 < count && j >= parts[p + 1].begin) ++p;
      return {p, (o * parts[p].size + j - parts[p].begin) * inner + k, (o * whole + first + j) * inner + k};
    }
  };
  template <class T> static void device_join(const Neighbours<cuda::Ptr<const T>>& from, cuda::Ptr<T> y) {
    cuda::for_each(from.outer * from.size * from.inner, [=] ELBOW_DEVICE(int64_t i) {
      const auto at = from.place(i);
      y[at.in_whole] = from.parts[at.part].data[at.element];
    });
  }
  template <class T> static void device_part(cuda::Ptr<const T> dy, const Neighbours<cuda::Output<T>>& to) {
    cuda::for_each(to.outer * to.size * to.inner, [=] ELBOW_DEVICE(int64_t i) {
      const auto at = to.place(i);
      to.parts[at.part].data.set(at.element, dy[at.in_whole]);
    });
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const int a = c.y.shape().axis(axis, name);
    Neighbours<cuda::Ptr<const T>> from(AxisView(c.y.shape(), a));
    for (size_t k = 0; k < c.in.size(); ++k) {
      if (from.count == from.most) {
        device_join<T>(from, cuda::out<T>(c.y));
        from.go_on();
      }
      from.append(cuda::in<T>(c.in[k]), c.in[k].shape()[a]);
    }
    device_join<T>(from, cuda::out<T>(c.y));
  }
  // A gradient that is added to may be that of the tensor before, as in concat(x, x): then that one has to be there.
  template <class T> void device_backward(BackwardContext& c) const {
    const int a = c.dy().shape().axis(axis, name);
    Neighbours<cuda::Output<T>> to(AxisView(c.dy().shape(), a));
    for (size_t k = 0; k < c.inputs(); ++k) {
      cuda::Output<T> dx;
      if (c.needs(k)) dx = cuda::output<T>(cuda::Target(c.target(k)));
      if (to.count == to.most || dx.add) {
        device_part<T>(cuda::in<T>(c.dy()), to);
        to.go_on();
      }
      to.append(dx, c.shape_of_input(k)[a]);
    }
    device_part<T>(cuda::in<T>(c.dy()), to);
  }
  void reference(Inputs in, double* y) const {
    const Shape out = shape(in);
    const int a = out.axis(axis, name);
    const AxisView whole(out, a);
    for (int64_t o = 0; o < whole.outer; ++o)
      for (size_t k = 0; k < in.size(); ++k) {
        const int64_t n = AxisView(in[k].shape(), a).size * whole.inner;
        for (int64_t i = 0; i < n; ++i) *y++ = in[k].data<double>()[o * n + i];
      }
  }
  void onnx(OnnxNode& node) const {
    std::vector<std::string> in;
    for (size_t i = 0; i < node.inputs(); ++i) in.push_back(node.in(i));
    node.is(node.add("Concat", in, {{"axis", int64_t(node.input(0).shape().axis(axis, name))}}));
  }
  static void samples(Samples<Concat>& s) {
    s.add(Concat{{}, 1}, {s.in({3, 2}), s.in({3, 4})}, "axis 1")
        .add(Concat{{}, 0}, {s.in({3, 2}), s.in({1, 2})}, "axis 0");
    s.add(Concat{{}, 1}, {s.in({2, 1, 3}), s.in({2, 2, 3}), s.in({2, 0, 3})}, "three, one of them empty");
    s.add(Concat{{}, 0}, {s.in({1, 2}), s.in({2, 2}), s.in({1, 2}), s.in({3, 2}), s.in({2, 2})}, "five");
    s.refuse(Concat{{}, 1}, {s.in({3, 2}), s.in({4, 2})}, "differ in more than axis 1");
    s.refuse(Concat{{}, 2}, {s.in({3, 2}), s.in({3, 2})}, "axis 2");
    s.benchmark(Concat{{}, 1}, {s.in({64, 64}), s.in({64, 4})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::concat(const Tensor& a, const Tensor& b, int axis) {
  return ops::apply(ops::Concat{{}, axis}, a, b);
}
elbow::Tensor elbow::concat(std::span<const Tensor> tensors, int axis) {
  std::vector<const Tensor*> in;
  for (const Tensor& t : tensors) in.push_back(&t);
  const ops::Concat op{{}, axis};
  return ops::apply_op(ops::rule_of<ops::Concat>(), &op, ops::Inputs{in.data(), in.size()});
}
elbow::Tensor elbow::stack(std::span<const Tensor> tensors, int axis) {
  if (tensors.empty()) fail("stack", "needs at least one tensor");
  const Shape& shape = tensors[0].shape();
  const int place = axis < 0 ? axis + shape.rank() + 1 : axis;
  if (place < 0 || place > shape.rank())
    fail("stack", "a new axis ", axis, " of tensors of shape ", shape, " with ", shape.rank(), " axes");
  Shape with_axis;
  for (int i = 0; i <= shape.rank(); ++i) {
    if (i == place) with_axis.push_back(1);
    if (i < shape.rank()) with_axis.push_back(shape[i]);
  }
  std::vector<Tensor> parts;
  for (const Tensor& t : tensors) {
    if (!(t.shape() == shape)) fail("stack", "shapes ", shape, " and ", t.shape(), " differ");
    parts.push_back(reshape(t, with_axis));
  }
  return concat(parts, place);
}
ELBOW_OP(concat, Concat)
