// The SIMD kernels of the element-wise ops against their formulas run as plain scalar code: at every remainder
// of a register, off the alignment, broadcast, and at the ends of the number range. And the same bits for any
// number of threads.

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <iomanip>
#include <limits>
#include <sstream>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/parallel.hpp"
#include "tests/gradcheck.hpp"
#include "tests/op_samples.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t widest = 16;  // floats in an AVX-512 register; the narrower ones divide it

template <class F> void for_each_elementwise_sample(F f) {
  for_each_sample([&](const OpInfo& op, const OpSample& sample) {
    if (op.arity > 0) f(op, sample);
  });
}

template <class T> struct Close {
  static constexpr double limit = 16, epsilon = std::numeric_limits<T>::epsilon(),
                          smallest = std::numeric_limits<T>::min(), largest = std::numeric_limits<T>::max();

  /// Equal to 16 units in the last place of the result, or of `scale` if that is larger: xsimd's functions are good to 2 as
  /// a rule, its erf in double to 11. Kernels may flush
  /// denormal results to 0, and overflow at half the largest number already (exp does, its argument being
  /// scaled in one step).
  static double ulps(double got, double want) {
    return std::abs(got - want) / std::max(epsilon * std::abs(want), smallest);
  }
  static bool check(double got, double want, double scale = 0) {
    if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
    if (std::isinf(want)) return got == want;
    if (std::isinf(got)) return std::abs(want) > largest / 2 && (got > 0) == (want > 0);
    return std::abs(got - want) <= limit * epsilon * std::max(std::abs(want), scale) + smallest;
  }
};

/// The element of a tensor that element `at` of the broadcast shape comes from.
int64_t source_of(int64_t at, const Shape& shape, const Shape& own) {
  int64_t index = 0, stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const int64_t i = at % shape[axis];
    at /= shape[axis];
    const int mine = axis - (shape.rank() - own.rank());
    if (mine < 0) continue;
    if (own[mine] != 1) index += i * stride;
    stride *= own[mine];
  }
  return index;
}

/// Compares values and gradients (where nothing was broadcast) with the scalar formula. Denormal inputs are compared
/// more loosely.
template <class T>
void compare(const OpInfo& op, const OpSample& sample, const std::vector<Tensor>& inputs, FewFailures& failures,
             double loosened = 0) {
  const bool has_derivative = op.has_derivative;
  Tape tape;
  std::vector<Tensor> leaves = inputs;
  for (Tensor& leaf : leaves) leaf = leaf.detach().set_requires_grad(has_derivative);
  const Tensor y = sample.call(leaves);
  Shape shape = inputs[0].shape();
  for (const Tensor& t : inputs) shape = broadcast(shape, t.shape(), "test");
  BOOST_REQUIRE(y.shape() == shape);
  const Tensor seed = random_cotangent(shape, dtype_of<T>);
  if (has_derivative) tape.backward(y, seed);
  for (int64_t i = 0; i < y.numel(); ++i) {
    std::array<double, 3> x;
    for (size_t k = 0; k < inputs.size(); ++k)
      x[k] = double(inputs[k].data<T>()[source_of(i, shape, inputs[k].shape())]);
    const auto must_be = [&](const char* what, double got, double want, double scale) {
      if (Close<T>::check(got, want, scale)) return;
      std::ostringstream text;
      text << std::setprecision(17) << name_of(dtype_of<T>) << ' ' << what << " (";
      for (size_t k = 0; k < inputs.size(); ++k) text << (k ? ", " : "") << x[k];
      text << "), element " << i << " of " << shape << ": " << got << ", not " << want << " (apart by "
           << std::setprecision(3) << Close<T>::ulps(got, want) << " units in the last place)";
      failures(text.str());
    };
    const double want = sample.formula(-1, dtype_of<T>, x.data(), 0);
    must_be("of", double(y.data<T>()[i]), want, loosened * std::abs(want));
    for (size_t k = 0; has_derivative && k < inputs.size(); ++k) {
      if (!(inputs[k].shape() == shape)) continue;
      const double gy = double(seed.data<T>()[i]), slope = sample.formula(int(k), dtype_of<T>, x.data(), gy);
      must_be("gradient at", double(leaves[k].grad().data<T>()[i]), slope,
              std::max(2.0, loosened * std::abs(slope)));
    }
  }
}

template <class F> void for_both_types(F f) {
  f.template operator()<float>();
  f.template operator()<double>();
}

/// Inputs of the sample's ranges, all of one shape.
std::vector<Tensor> of_shape(const OpInfo& op, const OpSample& sample, const std::vector<Shape>& shapes,
                             DType dtype) {
  std::vector<InputSpec> specs = sample.inputs;
  for (size_t i = 0; i < specs.size(); ++i) {
    specs[i].shape = shapes[i % shapes.size()];
    specs[i].is_one_hot = false;
  }
  return draw_inputs(specs, op.kinks, 7, dtype);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_length_and_offset) {
  for_each_elementwise_sample([](const OpInfo& op, const OpSample& sample) {
    FewFailures failures;
    for_both_types([&]<class T>() {
      for (int64_t n = 0; n <= 2 * widest + 3; ++n) {
        std::vector<Tensor> inputs = of_shape(op, sample, {{n}}, dtype_of<T>);
        compare<T>(op, sample, inputs, failures);
        for (Tensor& t : inputs) t = shifted(t);
        compare<T>(op, sample, inputs, failures);
        for (const Tensor& t : inputs) BOOST_TEST(guards_intact<T>(t));
      }
    });
  });
}

BOOST_AUTO_TEST_CASE(broadcast_and_empty_shapes) {
  const std::vector<std::vector<Shape>> shapes = {{{}, {}, {}},
                                                  {{3, 1}, {1, 17}, {3, 17}},
                                                  {{17}, {1}, {}},
                                                  {{}, {17}, {2, 1}},
                                                  {{2, 1, 4}, {3, 1}, {4}},
                                                  {{0}, {1}, {}},
                                                  {{4, 0}, {4, 1}, {1}},
                                                  {{1, 5}, {0, 1}, {5}},
                                                  {{5, 19}, {19}, {5, 1}},
                                                  {{2, 3, 1, 2}, {3, 4, 1}, {2}}};
  for_each_elementwise_sample([&](const OpInfo& op, const OpSample& sample) {
    FewFailures failures;
    for (const auto& s : shapes)
      for_both_types(
          [&]<class T>() { compare<T>(op, sample, of_shape(op, sample, s, dtype_of<T>), failures); });
  });
}

// All combinations of these for the inputs. To xsimd's log in double all denormal numbers are much the same: it is
// off by a twentieth there.
BOOST_AUTO_TEST_CASE(ends_of_the_number_range) {
  for_each_elementwise_sample([](const OpInfo& op, const OpSample& sample) {
    if (!op.extremes) return;
    FewFailures failures;
    for_both_types([&]<class T>() {
      using Limits = std::numeric_limits<T>;
      const std::vector<T> normal = {0,
                                     T(-0.0),
                                     T(1e-6),
                                     T(-1e-6),
                                     1,
                                     -1,
                                     2,
                                     T(-0.5),
                                     20,
                                     -20,
                                     300,
                                     -300,
                                     Limits::infinity(),
                                     -Limits::infinity(),
                                     Limits::quiet_NaN()};
      const std::vector<T> tiny = {Limits::denorm_min(), -Limits::denorm_min(), Limits::min() / 2,
                                   Limits::min()};
      const auto compare_all = [&](const std::vector<T>& values, double loosened) {
        const size_t n = values.size();
        size_t combinations = 1;
        for (int k = 0; k < op.arity; ++k) combinations *= n;
        std::vector<Tensor> inputs;
        size_t stride = 1;
        for (int k = 0; k < op.arity; ++k, stride *= n) {
          std::vector<T> x(combinations);
          for (size_t i = 0; i < combinations; ++i) x[i] = values[i / stride % n];
          inputs.push_back(Tensor::from(x, {int64_t(combinations)}));
        }
        compare<T>(op, sample, inputs, failures, loosened);
      };
      compare_all(normal, 0);
      compare_all(tiny, 0.06 / Close<T>::epsilon / Close<T>::limit);
    });
  });
}

// What a user may rely on, whatever the formulas say.
BOOST_AUTO_TEST_CASE(well_known_limits) {
  for_both_types([]<class T>() {
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const auto of = [](Tensor (*f)(const Tensor&), T x) { return f(Tensor::from<T>({x}, {})).item(); };
    BOOST_TEST(of(exp, -inf) == 0);
    BOOST_TEST(of(exp, inf) == inf);
    BOOST_TEST((of(exp, -300) >= 0 && of(exp, -300) < 1e-37));
    BOOST_TEST(of(log, 0) == -inf);
    BOOST_TEST(of(log, T(-0.0)) == -inf);
    BOOST_TEST(of(log, inf) == inf);
    BOOST_TEST(std::isnan(of(log, -1)));
    BOOST_TEST(of(log1p, -1) == -inf);
    BOOST_TEST(std::isnan(of(log1p, -2)));
    BOOST_TEST(of(log1p, T(1e-20)) == double(T(1e-20)));
    BOOST_TEST(std::isnan(of(sqrt, -1)));
    BOOST_TEST(of(tanh, inf) == 1);
    BOOST_TEST(of(tanh, -inf) == -1);
    BOOST_TEST(of(sigmoid, inf) == 1);
    BOOST_TEST(of(sigmoid, -inf) == 0);
    BOOST_TEST(of(sigmoid, -80) > 0);
    BOOST_TEST(of(softplus, -inf) == 0);
    BOOST_TEST(of(softplus, inf) == inf);
    BOOST_TEST(of(softplus, 300) == 300);
    BOOST_TEST(of(softplus, -80) > 0);
    BOOST_TEST(of(relu, -inf) == 0);
    BOOST_TEST(of(relu, inf) == inf);
    BOOST_TEST(of(reciprocal, 0) == inf);
    for (auto f : {exp, log, log1p, sqrt, tanh, sigmoid, softplus, relu, abs, neg, square, reciprocal})
      BOOST_TEST(std::isnan(of(f, nan)));
    const Tensor one = Tensor::from<T>({1}, {}), none = Tensor::from<T>({nan}, {});
    BOOST_TEST(std::isnan(maximum(one, none).item()));
    BOOST_TEST(std::isnan(maximum(none, one).item()));
    BOOST_TEST(std::isnan(clamp(none, 0, 1).item()));
    BOOST_TEST(where(one, one, none).item() == 1);  // what is not chosen does no harm
  });
}

// ---- threads ------------------------------------------------------------------------------------------------
#if !defined(__SANITIZE_ADDRESS__)  // four minutes there, for kernels that it has seen above

namespace {

struct Bits {
  std::vector<Tensor> tensors;  // the output, then the gradients
  bool operator==(const Bits& other) const {
    bool same = true;
    for (size_t i = 0; i < tensors.size(); ++i) {
      const Tensor &a = tensors[i], &b = other.tensors[i];
      if (a && a.numel())
        same = same && !std::memcmp(a.body()->data, b.body()->data, size_t(a.numel()) * bytes_of(a.dtype()));
    }
    return same;
  }
};

Bits run_with(int threads, const OpSample& sample, const std::vector<Tensor>& inputs, const Tensor& cotangent) {
  set_num_threads(threads);
  Tape tape;
  std::vector<Tensor> leaves = clones(inputs);
  for (size_t k = 0; k < leaves.size(); ++k) leaves[k].set_requires_grad(!sample.inputs[k].is_constant);
  const Tensor y = sample.call(leaves);
  Bits bits{{y}};
  if (y.tracked()) tape.backward(y, cotangent.to(y.dtype()));
  for (const Tensor& leaf : leaves) bits.tensors.push_back(leaf.grad());
  return bits;
}

void same_bits(const OpSample& sample, const std::vector<Tensor>& inputs) {
  const int before = num_threads();
  const Tensor cotangent = random_cotangent(sample.call(clones(inputs)).shape(), inputs[0].dtype());
  const Bits one = run_with(1, sample, inputs, cotangent);
  for (int threads : {2, 3})
    BOOST_TEST((run_with(threads, sample, inputs, cotangent) == one), threads << " threads");
  set_num_threads(before);
}

}  // namespace

namespace {

/// The sample with enough rows in its matrices to share the work among the threads; as it is where the op does
/// not take that (a product, whose sizes hang together: tests/test_gemm.cpp has larger ones).
OpSample grown(OpSample sample) {
  const OpSample original = sample;
  int64_t largest = 1;
  for (const InputSpec& input : sample.inputs) largest = std::max(largest, input.shape.numel());
  for (InputSpec& input : sample.inputs)
    if (input.shape.rank() == 2 && !input.is_positive_definite && largest < parallel_threshold)
      input.shape[0] *= 2 * parallel_threshold / largest;
  try {
    sample.call(draw_inputs(sample.inputs, {}, 3));
    return sample;
  } catch (const Error&) { return original; }
}

}  // namespace

BOOST_AUTO_TEST_CASE(any_number_of_threads_gives_the_same_bits) {
  for (const OpInfo& op : ops_to_test()) BOOST_TEST_CONTEXT(op.name) {
      for_both_types([&]<class T>() {
        for (const OpSample& benchmark : op.benchmarks) {
          const OpSample sample = grown(benchmark);
          same_bits(sample, draw_inputs(sample.inputs, {}, 3, dtype_of<T>));
        }
        if (op.arity < 0) return;
        const OpSample& sample = op.samples.front();
        const std::vector<std::vector<Shape>> large = {{{3, 20011}},
                                                       {{37, 1009}, {1009}},
                                                       {{2 * parallel_threshold}, {1}},
                                                       {{257, 1}, {1, 263}, {257, 263}}};
        for (const auto& shapes : large) same_bits(sample, of_shape(op, sample, shapes, dtype_of<T>));
      });
    }
}
#endif
