#pragma once
// Tensors with broadcasting, and the tape of chapter 1 for them.
#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// ---- arrays ---------------------------------------------------------------------------------------------------------

using Shape = std::vector<size_t>;

inline size_t elements(const Shape& shape) {
  size_t n = 1;
  for (const size_t size : shape) n *= size;
  return n;
}

inline std::string name_of(const Shape& shape) {
  std::string text = "[";
  for (const size_t size : shape) text += std::to_string(size) + ",";
  if (!shape.empty()) text.pop_back();
  return text + "]";
}

struct Array {  // row by row
  Shape shape;
  std::vector<double> data;
};
inline Array filled(const Shape& shape, double x = 0) {
  return {shape, std::vector<double>(elements(shape), x)};
}

/// The shape that two are broadcast to: axes are matched from the last one; where one has size 1 or no axis, the other decides.
inline Shape broadcast(Shape a, Shape b) {
  if (a.size() < b.size()) std::swap(a, b);
  for (size_t k = 1; k <= b.size(); ++k) {
    size_t& mine = a[a.size() - k];
    const size_t other = b[b.size() - k];
    if (mine != other && mine != 1 && other != 1)
      throw std::invalid_argument(name_of(a) + " and " + name_of(b) + " do not broadcast");
    if (mine == 1) mine = other;
  }
  return a;
}

/// How many elements further the next one along each axis of `out` lies in an operand: 0 where the operand is repeated.
inline std::vector<size_t> strides(const Shape& operand, const Shape& out) {
  std::vector<size_t> stride(out.size());
  size_t step = 1;
  for (size_t k = 1; k <= operand.size(); ++k) {
    const size_t size = operand[operand.size() - k];
    stride[out.size() - k] = size == 1 ? 0 : step;
    step *= size;
  }
  return stride;
}

/// Where an operand with these strides has what element i of `out` reads.
inline size_t place(size_t i, const Shape& out, const std::vector<size_t>& stride) {
  size_t at = 0;
  for (size_t axis = out.size(); axis-- > 0; i /= out[axis]) at += i % out[axis] * stride[axis];
  return at;
}

inline Array broadcast_to(const Array& small, const Shape& shape) {
  Array large = filled(shape);
  const auto stride = strides(small.shape, shape);
  for (size_t i = 0; i < large.data.size(); ++i) large.data[i] = small.data[place(i, shape, stride)];
  return large;
}

inline Array sum_to(const Array& large, const Shape& shape) {
  Array small = filled(shape);
  const auto stride = strides(shape, large.shape);
  for (size_t i = 0; i < large.data.size(); ++i) small.data[place(i, large.shape, stride)] += large.data[i];
  return small;
}

// ---- the tape -------------------------------------------------------------------------------------------------------

struct Node {
  Array value, gradient;
  std::function<void(const Array& dy)> backward;  // adds to the gradients of what the op has read
};
inline std::deque<Node> tape;  // whose nodes stay where they are

struct Var {
  size_t node;
  const Array& value() const { return tape[node].value; }
  const Shape& shape() const { return tape[node].value.shape; }
  const Array& gradient() const { return tape[node].gradient; }
};

inline Var record(Array value, std::function<void(const Array&)> backward = {}) {
  Array zero = filled(value.shape);
  tape.push_back({std::move(value), std::move(zero), std::move(backward)});
  return {tape.size() - 1};
}

inline void backward(Var y) {
  for (double& seed : tape[y.node].gradient.data) seed = 1;
  for (size_t i = y.node + 1; i-- > 0;)
    if (tape[i].backward) tape[i].backward(tape[i].gradient);
}

inline void add_to(Var x, const Array& g) {
  for (size_t i = 0; i < g.data.size(); ++i) tape[x.node].gradient.data[i] += g.data[i];
}

/// The two ops of this chapter: each is the gradient of the other.
inline Var broadcast_to(Var x, const Shape& shape) {
  return record(broadcast_to(x.value(), shape), [=](const Array& dy) { add_to(x, sum_to(dy, x.shape())); });
}
inline Var sum_to(Var x, const Shape& shape) {
  return record(sum_to(x.value(), shape), [=](const Array& dy) { add_to(x, broadcast_to(dy, x.shape())); });
}

/// The value of f(x, y), and its derivatives.
struct Slopes {
  double value, dx, dy;
};

/// f(a, b) element by element; a and b have one shape.
template <class F> Var same_shape(Var a, Var b, F f) {
  Array y = a.value(), da = y, db = y;
  for (size_t i = 0; i < y.data.size(); ++i) {
    const Slopes s = f(a.value().data[i], b.value().data[i]);
    y.data[i] = s.value, da.data[i] = s.dx, db.data[i] = s.dy;
  }
  return record(y, [=](const Array& dy) {
    for (size_t i = 0; i < dy.data.size(); ++i) {
      tape[a.node].gradient.data[i] += dy.data[i] * da.data[i];
      tape[b.node].gradient.data[i] += dy.data[i] * db.data[i];
    }
  });
}

/// The same with broadcasting: three ops, and no new gradient.
template <class F> Var elementwise(Var a, Var b, F f) {
  const Shape shape = broadcast(a.shape(), b.shape());
  return same_shape(broadcast_to(a, shape), broadcast_to(b, shape), f);
}
inline Var number(double x) { return record(filled({}, x)); }
inline Var operator+(Var a, Var b) {
  return elementwise(a, b, [](double x, double y) { return Slopes{x + y, 1, 1}; });
}
inline Var operator-(Var a, Var b) {
  return elementwise(a, b, [](double x, double y) { return Slopes{x - y, 1, -1}; });
}
inline Var operator*(Var a, Var b) {
  return elementwise(a, b, [](double x, double y) { return Slopes{x * y, y, x}; });
}
inline Var operator/(Var a, Var b) {
  return elementwise(a, b, [](double x, double y) { return Slopes{x / y, 1 / y, -x / (y * y)}; });
}
inline Var sqrt(Var a) {
  return same_shape(a, a, [](double x, double) { return Slopes{std::sqrt(x), .5 / std::sqrt(x), 0}; });
}
inline Var reshape(Var x, const Shape& shape) {
  return record({shape, x.value().data}, [=](const Array& dy) { add_to(x, dy); });
}

/// The sum along an axis, which stays with size 1.
inline Var sum(Var x, size_t axis) {
  Shape shape = x.shape();
  shape[axis] = 1;
  return sum_to(x, shape);
}
inline Var sum(Var x) { return sum_to(x, {}); }
inline Var mean(Var x) { return sum(x) / number(double(x.value().data.size())); }
inline Var mean(Var x, size_t axis) { return sum(x, axis) / number(double(x.shape()[axis])); }

/// A[m, k] B[k, n]: all products at once, [m, k, n], summed over k.
inline Var matmul(Var a, Var b) {
  const size_t m = a.shape()[0], k = a.shape()[1], n = b.shape()[1];
  return reshape(sum(reshape(a, {m, k, 1}) * b, 1), {m, n});
}

// ---- checks ---------------------------------------------------------------------------------------------------------

/// Numbers that look random enough, between -1 and 1.
inline Array numbers(const Shape& shape, double phase) {
  Array x = filled(shape);
  for (size_t i = 0; i < x.data.size(); ++i) x.data[i] = std::sin(12.9898 * double(i) + 78.233 * phase);
  return x;
}

inline double dot(const Array& a, const Array& b) {
  double sum = 0;
  for (size_t i = 0; i < a.data.size(); ++i) sum += a.data[i] * b.data[i];
  return sum;
}

inline double apart(const Array& a, const Array& b) {
  double most = 0;
  for (size_t i = 0; i < a.data.size(); ++i) most = std::max(most, std::abs(a.data[i] - b.data[i]));
  return most;
}

/// The largest difference between the tape's gradient and central differences, over all elements of all inputs.
inline double worst_difference(const std::function<Var(const std::vector<Var>&)>& f,
                               std::vector<Array> inputs) {
  const auto run = [&](const std::vector<Array>& x) {
    tape.clear();
    std::vector<Var> vars;
    for (const Array& a : x) vars.push_back(record(a));
    return f(vars);
  };
  backward(run(inputs));
  const std::deque<Node> nodes = tape;
  double worst = 0;
  for (size_t j = 0; j < inputs.size(); ++j) {
    Array differences = inputs[j];
    for (size_t i = 0; i < differences.data.size(); ++i) {
      const double h = 1e-6, x = inputs[j].data[i];
      inputs[j].data[i] = x + h;
      const double up = run(inputs).value().data[0];
      inputs[j].data[i] = x - h;
      differences.data[i] = (up - run(inputs).value().data[0]) / (2 * h);
      inputs[j].data[i] = x;
    }
    worst = std::max(worst, apart(differences, nodes[j].gradient));
  }
  return worst;
}
