// The mistakes that one makes in an op's file end in a line that names the op, not in a crash. (Those that the compiler sees:
// tests/op_mistakes.sh.)
#include <boost/test/unit_test.hpp>

#include "autograd/checks.hpp"
#include "autograd/op.hpp"
#include "tests/op_samples.hpp"

using namespace elbow;
using namespace elbow::ops;

namespace {

auto saying(const std::string& part) {
  return [=](const Error& e) {
    BOOST_TEST_INFO(e.what());
    return std::string(e.what()).find(part) != std::string::npos;
  };
}

struct CheckBounds {
  CheckBounds() { set_check_bounds(true); }
  ~CheckBounds() { set_check_bounds(false); }
};

Tensor leaf() { return Tensor::from<double>({1, 2, 3}, {3}).set_requires_grad(); }

/// What the wrong ops have in common: doubles x, correctly.
template <class Self> struct Doubling : Op {
  static constexpr auto name = "doubling", doc = "2 x";
  Shape shape(Inputs in) const { return in[0].shape(); }
  template <class T> void forward(ForwardContext& c) const {
    for (int64_t i = 0; i < c.in[0].numel(); ++i) c.y.template data<T>()[i] = 2 * c.in[0].template data<T>()[i];
  }
  template <class T> void backward(BackwardContext& c) const {
    auto [dx, add] = c.template into<T>(0);
    for (int64_t i = 0; i < c.dy().numel(); ++i) dx[i] = 2 * c.dy().template data<T>()[i];
  }
  void backward_in_ops(BackwardContext& c) const { c.give(0, add(c.dy(), c.dy())); }
  void reference(Inputs, double*) const {}
  static void samples(Samples<Self>&) {}
};

struct ShapeTooSmall : Doubling<ShapeTooSmall> {
  Shape shape(Inputs in) const { return {in[0].numel() - 2}; }
};
struct ForgottenSave : Doubling<ForgottenSave> {
  template <class T> void backward(BackwardContext& c) const { c.give(0, c.saved(0)); }
};
struct ForgottenNeeds : Doubling<ForgottenNeeds> {
  template <class T> void backward(BackwardContext& c) const { c.template into<T>(1); }
};
struct GradientTooLong : Doubling<GradientTooLong> {
  template <class T> void backward(BackwardContext& c) const {
    auto [dx, add] = c.template into<T>(0);
    for (int64_t i = 0; i < c.dy().numel() + 4; ++i) dx[i] = 0;
  }
};
struct GradientOfAnotherShape : Doubling<GradientOfAnotherShape> {
  template <class T> void backward(BackwardContext& c) const { c.give(0, Tensor::ones({7}, c.dy().dtype())); }
};
struct ThrowingCopy : Doubling<ThrowingCopy> {
  ThrowingCopy() = default;
  ThrowingCopy(const ThrowingCopy&) { throw std::runtime_error("cannot be copied today"); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_shape_that_is_too_small) {
  const CheckBounds on;
  BOOST_CHECK_EXCEPTION(apply(ShapeTooSmall{}, leaf()), Error,
                        saying("[doubling] has written beyond its output of shape [1]"));
}

BOOST_AUTO_TEST_CASE(a_gradient_that_is_too_long) {
  const CheckBounds on;
  Tape tape;
  const Tensor x = leaf();
  BOOST_CHECK_EXCEPTION(tape.backward(sum(apply(GradientTooLong{}, x))), Error,
                        saying("[doubling] has written beyond its gradient of shape [3]"));
}

BOOST_AUTO_TEST_CASE(no_op_writes_out_of_bounds) {
  const CheckBounds on;
  test::for_each_sample([](const OpInfo& op, const OpSample& sample) {
    for (DType dtype : {DType::float32, DType::float64}) {
      Tape tape;
      std::vector<Tensor> inputs = draw_inputs(sample.inputs, op.kinks, 1, dtype);
      for (size_t i = 0; i < inputs.size(); ++i) inputs[i].set_requires_grad(!sample.inputs[i].is_constant);
      const Tensor y = sample.call(inputs);
      if (y.tracked()) tape.backward(y, Tensor::ones(y.shape(), y.dtype()));
    }
  });
}

BOOST_AUTO_TEST_CASE(what_was_not_saved) {
  Tape tape;
  const Tensor x = leaf();
  BOOST_CHECK_EXCEPTION(tape.backward(sum(apply(ForgottenSave{}, x))), Error,
                        saying("[backward] doubling reads saved tensor 0, and its forward saved 0"));
}

BOOST_AUTO_TEST_CASE(a_gradient_that_nobody_needs) {
  Tape tape;
  const Tensor x = leaf(), constant = Tensor::ones({3}, DType::float64);
  BOOST_CHECK_EXCEPTION(
      tape.backward(sum(apply(ForgottenNeeds{}, x, constant))), Error,
      saying("doubling writes the gradient of input 1, which needs none: ask needs(1) first"));
}

BOOST_AUTO_TEST_CASE(a_gradient_of_another_shape) {
  Tape tape;
  const Tensor x = leaf();
  BOOST_CHECK_EXCEPTION(tape.backward(sum(apply(GradientOfAnotherShape{}, x))), Error,
                        saying("doubling gives input 0 of float64 [3] a gradient of float64 [7]"));
}

// The tape copies an op. When that fails there is no node, rather than a broken one.
BOOST_AUTO_TEST_CASE(an_op_whose_copy_throws) {
  Tape tape;
  const Tensor x = leaf();
  const Tensor before = square(x);
  const ThrowingCopy op;
  BOOST_CHECK_EXCEPTION(apply(op, before), std::runtime_error, [](const std::exception&) { return true; });
  BOOST_TEST(tape.nodes() == 1u);
  tape.backward(sum(before));
  BOOST_TEST(x.grad().to_vector() == (std::vector<double>{2, 4, 6}), boost::test_tools::per_element());
}
