#pragma once
// One formula, four kernels. A formula is a template over its value type V, and calls sqrt and abs without a namespace.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#ifdef __CUDACC__
#define FN __host__ __device__  // a function for both sides
#else
#include <experimental/simd>
#define FN
#endif

namespace formulas {

// ---- the op ---------------------------------------------------------------------------------------------------------

// The words of formulas, for numbers. For other value types, sqrt and abs are found beside the type.
FN inline float sqrt(float x) { return std::sqrt(x); }
FN inline double sqrt(double x) { return std::sqrt(x); }
FN inline float abs(float x) { return std::abs(x); }
FN inline double abs(double x) { return std::abs(x); }

/// A smooth max(x, 0) without an exponential (Barron 2021): y = (x + sqrt(x^2 + 4)) / 2.
struct Squareplus {
  template <class V> FN V forward(V x) const {
    return (x + abs(x)) / V(2) + V(2) / (sqrt(x * x + V(4)) + abs(x));  // no cancellation where x < 0
  }
  /// dy/dx = y^2 / (y^2 + 1), times the gradient of y.
  template <class V> FN V backward_from_output(V y, V gy) const { return gy * (y * y) / (y * y + V(1)); }
};

/// Its forward and backward pass, to be handed to any of the kernels.
template <class Op> struct Forward {
  Op op;
  template <class V> FN V operator()(V x) const { return op.forward(x); }
};
template <class Op> struct Backward {
  Op op;
  template <class V> FN V operator()(V y, V gy) const { return op.backward_from_output(y, gy); }
};

}  // namespace formulas
using formulas::Backward, formulas::Forward, formulas::Squareplus;

// ---- kernel 1: the loop ---------------------------------------------------------------------------------------------

/// y[i] = f(x0[i], x1[i], ...) for i < n.
template <class F, class... X> void loop(F f, int64_t n, float* y, const X*... x) {
  for (int64_t i = 0; i < n; ++i) y[i] = f(x[i]...);
}

// ---- kernel 2: SIMD -------------------------------------------------------------------------------------------------

#ifndef __CUDACC__
/// As many floats as a register of this processor holds.
using Lanes = std::experimental::native_simd<float>;

inline Lanes load(const float* p) { return Lanes(p, std::experimental::element_aligned); }
inline void store(Lanes v, float* p) { v.copy_to(p, std::experimental::element_aligned); }

/// The first `count` numbers from p, and copies of the first one.
inline Lanes load_some(const float* p, int64_t count) {
  return Lanes([&](auto lane) { return int64_t(lane) < count ? p[lane] : p[0]; });
}

/// The same loop, a register at a time. The last few numbers go through a padded register, so that each number takes the same
/// instructions, wherever it lies.
template <class F, class... X> void simd(F f, int64_t n, float* y, const X*... x) {
  constexpr int64_t width = Lanes::size();
  int64_t i = 0;
  for (; i + width <= n; i += width) store(f(load(x + i)...), y + i);
  if (i == n) return;
  float rest[width];
  store(f(load_some(x + i, n - i)...), rest);
  std::copy_n(rest, n - i, y + i);
}
#endif

// ---- kernel 3: CUDA -------------------------------------------------------------------------------------------------

#ifndef __CUDACC__
// A GPU of loops: what the kernel reads of its place in the grid.
struct Place {
  int x;
};
inline thread_local Place blockIdx, blockDim, threadIdx;
#define __global__
#endif

/// What each of the GPU's threads does: one element.
template <class F, class... X> __global__ void device_kernel(F f, int64_t n, float* y, const X*... x) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) y[i] = f(x[i]...);
}

/// Runs the kernel in blocks of 256 threads. y and x lie in the device's memory.
template <class F, class... X> void device(F f, int64_t n, float* y, const X*... x) {
  const int threads = 256, blocks = int((n + threads - 1) / threads);
#ifdef __CUDACC__
  device_kernel<<<blocks, threads>>>(f, n, y, x...);
  cudaDeviceSynchronize();
#else
  blockDim.x = threads;
  for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
    for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x) device_kernel(f, n, y, x...);
#endif
}

// ---- kernel 4: derivatives of every order ---------------------------------------------------------------------------

/// A number that records what is done with it. Its derivative is again such a number.
class Tracer {
  using Pairs = std::vector<std::pair<Tracer, Tracer>>;  // an input, and its gradient

 public:
  explicit Tracer(double constant) : Tracer(constant, std::function<Pairs(Tracer)>()) {}
  double value() const { return tape()[node_].value; }

  friend Tracer operator+(Tracer a, Tracer b) {
    return {a.value() + b.value(), [=](Tracer gy) { return Pairs{{a, gy}, {b, gy}}; }};
  }
  friend Tracer operator*(Tracer a, Tracer b) {
    return {a.value() * b.value(), [=](Tracer gy) { return Pairs{{a, gy * b}, {b, gy * a}}; }};
  }
  friend Tracer operator/(Tracer a, Tracer b) {
    return {a.value() / b.value(), [=](Tracer gy) {
              return Pairs{{a, gy / b}, {b, Tracer(-1) * gy * a / (b * b)}};
            }};
  }
  /// A node whose derivative is a formula of its output and the gradient of it.
  template <class F> static Tracer op(double value, Tracer a, F backward_from_output) {
    const size_t node = tape().size();
    return {value, [=](Tracer gy) { return Pairs{{a, backward_from_output(of_node(node), gy)}}; }};
  }

  /// dy/dx, recorded in turn.
  friend Tracer gradient(Tracer y, Tracer x) {
    std::vector<std::pair<bool, Tracer>> adjoint(y.node_ + 1, {false, y});  // whether there is one, and it
    adjoint[y.node_] = {true, Tracer(1)};
    for (size_t i = y.node_; i > x.node_; --i) {
      const auto backward = tape()[i].backward;
      if (!adjoint[i].first || !backward) continue;
      for (const auto& [input, g] : backward(adjoint[i].second)) {
        auto& [there, sum] = adjoint[input.node_];
        sum = there ? sum + g : g;
        there = true;
      }
    }
    return x.node_ <= y.node_ && adjoint[x.node_].first ? adjoint[x.node_].second : Tracer(0);
  }

 private:
  struct Node {
    double value;
    std::function<Pairs(Tracer)> backward;
  };
  static std::deque<Node>& tape() {
    static std::deque<Node> nodes;
    return nodes;
  }
  Tracer(double value, std::function<Pairs(Tracer)> backward) : node_(tape().size()) {
    tape().push_back({value, std::move(backward)});
  }
  static Tracer of_node(size_t node) {
    Tracer t;
    t.node_ = node;
    return t;
  }
  Tracer() = default;
  size_t node_ = 0;
};

/// The op as one node, whose derivative is the op's own formula over Tracers.
template <class Op> Tracer apply(Op op, Tracer x) {
  return Tracer::op(op.forward(x.value()), x,
                    [=](Tracer y, Tracer gy) { return op.backward_from_output(y, gy); });
}
