#pragma once
// Reverse-mode differentiation of scalars.
#include <array>
#include <cmath>
#include <vector>

/// What remains of one operation: which earlier nodes it read, and the derivative with respect to each.
struct Node {
  const char* op;
  double value;
  std::array<int, 2> input;     // their nodes, or -1
  std::array<double, 2> slope;  // d value / d input
};

inline std::vector<Node> tape;

/// A number, and the node that made it. A plain double is a constant: it has no node.
struct Var {
  double value;
  int node = -1;
  Var(double constant) : value(constant) {}
  Var(double v, int n) : value(v), node(n) {}
};

inline Var record(const char* op, double value, Var a, double da, Var b = 0, double db = 0) {
  tape.push_back({op, value, {a.node, b.node}, {da, db}});
  return {value, int(tape.size()) - 1};
}

inline Var input(double x) { return record("input", x, 0, 0); }
inline Var operator+(Var a, Var b) { return record("+", a.value + b.value, a, 1, b, 1); }
inline Var operator-(Var a, Var b) { return record("-", a.value - b.value, a, 1, b, -1); }
inline Var operator*(Var a, Var b) { return record("*", a.value * b.value, a, b.value, b, a.value); }
inline Var operator/(Var a, Var b) {
  const double y = a.value / b.value;
  return record("/", y, a, 1 / b.value, b, -y / b.value);
}
inline Var log(Var a) { return record("log", std::log(a.value), a, 1 / a.value); }
inline Var exp(Var a) {
  const double y = std::exp(a.value);
  return record("exp", y, a, y);
}
inline Var sin(Var a) { return record("sin", std::sin(a.value), a, std::cos(a.value)); }
inline Var tanh(Var a) {
  const double y = std::tanh(a.value);
  return record("tanh", y, a, 1 - y * y);
}

/// d y / d node for each node of the tape, in one walk from y to the start.
inline std::vector<double> gradient(Var y) {
  std::vector<double> adjoint(tape.size());
  adjoint[size_t(y.node)] = 1;
  for (size_t i = size_t(y.node) + 1; i-- > 0;)
    for (size_t k = 0; k < 2; ++k)
      if (tape[i].input[k] >= 0) adjoint[size_t(tape[i].input[k])] += adjoint[i] * tape[i].slope[k];
  return adjoint;
}
