// No gradient is lost in silence: whatever gives a tensor from a tensor is recorded on the tape, or says in its name that it
// cuts. And derivatives of every order exist.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>

#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "autograd/registry.hpp"
#include "tests/gradcheck.hpp"
#include "tests/op_samples.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

Tensor leaf(const std::vector<double>& values, const Shape& shape) {
  return Tensor::from(values, shape).set_requires_grad();
}

}  // namespace

// ---- the holes that there were --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_clone_passes_its_gradient_on) {
  Tensor w = leaf({0.5, -1}, {2});
  Tape tape;
  tape.backward(sum(exp(w).clone()) + sum(w));
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(w.grad().at(i) == 1 + std::exp(w.at(i)), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_reshape_passes_its_gradient_on) {
  Tensor w = leaf({1, 1, 1, 1, 1, 1}, {2, 3});
  Tape tape;
  tape.backward(sum(square((w * 2).reshape({6}))) + sum(w));
  for (double g : w.grad().to_vector()) BOOST_TEST(g == 9);
}

BOOST_AUTO_TEST_CASE(a_cast_passes_its_gradient_on_in_the_type_of_its_input) {
  Tensor w = leaf({1, 2}, {2});
  Tape tape;
  const Tensor y = square(w.to(DType::float32));
  BOOST_TEST((y.dtype() == DType::float32));
  tape.backward(sum(y.to(DType::float64)) + sum(w));
  BOOST_TEST((w.grad().dtype() == DType::float64));
  BOOST_TEST(w.grad().to_vector() == (std::vector<double>{3, 5}), boost::test_tools::per_element());
}

// ---- all of them ----------------------------------------------------------------------------------------------------

// The ops: all in the registry, but for those whose derivative is 0 wherever it exists.
BOOST_AUTO_TEST_CASE(every_op_is_recorded_or_says_that_it_is_not) {
  std::set<std::string> not_recorded;
  for (const OpInfo& op : ops_to_test()) {
    if (!op.has_derivative) {
      not_recorded.insert(op.name);
      BOOST_TEST(op.doc.find("not recorded") != std::string::npos,
                 op.name << " does not say so in its documentation");
    }
    for (const OpSample& sample : op.samples) {
      Tape tape;
      std::vector<Tensor> inputs = draw_inputs(sample.inputs, op.kinks, 1);
      for (size_t i = 0; i < inputs.size(); ++i) inputs[i].set_requires_grad(!sample.inputs[i].is_constant);
      BOOST_TEST(sample.call(inputs).tracked() == op.has_derivative, op.name << ' ' << sample.note);
    }
  }
  if (!std::getenv("ELBOW_OP"))
    BOOST_TEST(not_recorded == (std::set<std::string>{"equal", "less", "less_equal", "principal_axes"}),
               boost::test_tools::per_element());
}

// The functions that are no op of their own: members of Tensor, operators, compositions. A new one belongs into this list.
BOOST_AUTO_TEST_CASE(every_function_of_tensors_is_recorded_or_cuts_by_name) {
  struct Function {
    const char* name;
    std::function<Tensor(const Tensor&)> call;  // of a matrix [2, 3]
    bool cuts = false;
  };
  const std::vector<Function> functions = {
      {"reshape",
       [](const Tensor& x) {
         return x.reshape({3, 2});
       }},
      {"reshape to a Shape", [](const Tensor& x) { return x.reshape(Shape{6}); }},
      {"clone", [](const Tensor& x) { return x.clone(); }},
      {"to another dtype", [](const Tensor& x) { return x.to(DType::float32); }},
      {"to its own dtype", [](const Tensor& x) { return x.to(DType::float64); }},
      {"detach", [](const Tensor& x) { return x.detach(); }, true},
      {"a copy of the handle", [](const Tensor& x) { return Tensor(x); }},
      {"+", [](const Tensor& x) { return x + x; }},
      {"- a number", [](const Tensor& x) { return x - 1; }},
      {"a number *", [](const Tensor& x) { return 2 * x; }},
      {"/", [](const Tensor& x) { return x / x; }},
      {"unary -", [](const Tensor& x) { return -x; }},
      {"+=",
       [](const Tensor& x) {
         Tensor y = x;
         return y += x;
       }},
      {"-= a number",
       [](const Tensor& x) {
         Tensor y = x;
         return y -= 1;
       }},
      {"*=",
       [](const Tensor& x) {
         Tensor y = x;
         return y *= x;
       }},
      {"/=",
       [](const Tensor& x) {
         Tensor y = x;
         return y /= 2;
       }},
      {"pow to a number", [](const Tensor& x) { return pow(x, 2); }},
      {"where with a number", [](const Tensor& x) { return where(x > 0, x, 0.0); }},
      {"where with a number first", [](const Tensor& x) { return where(x > 0, 0.0, x); }},
      {"clamp", [](const Tensor& x) { return clamp(x, -1, 1); }},
      {"broadcast_to its own shape", [](const Tensor& x) { return broadcast_to(x, x.shape()); }},
      {"sum_to its own shape", [](const Tensor& x) { return sum_to(x, x.shape()); }},
      {"concat of a list",
       [](const Tensor& x) {
         return concat(std::vector<Tensor>{x, x}, 0);
       }},
      {"conv2d without a bias",
       [](const Tensor& x) {
         return conv2d(x.reshape({1, 1, 2, 3}), Tensor::ones({1, 1, 1, 1}, DType::float64));
       }},
      {"max_pool2d side by side",
       [](const Tensor& x) {
         return max_pool2d(x.reshape({1, 1, 2, 3}), {1, 3});
       }},
  };
  for (const Function& f : functions) {
    Tensor leaf_x = Tensor::from<double>({1, -2, 3, 4, 5, -6}, {2, 3}).set_requires_grad();
    for (bool computed : {false, true}) {
      Tape tape;
      const Tensor x = computed ? neg(leaf_x) : leaf_x;
      BOOST_TEST(f.call(x).tracked() == !f.cuts, f.name);
    }
  }
}

// ---- orders ---------------------------------------------------------------------------------------------------------

// d^n / dx^n by n calls of gradient, where it is known: e^x; sin; x^4; softplus, whose second derivative at 0 is a quarter.
BOOST_AUTO_TEST_CASE(derivatives_of_high_order) {
  const auto derivative = [](const std::function<Tensor(const Tensor&)>& f, double at, int order) {
    Tape tape;
    Tensor x = Tensor::full({}, at, DType::float64).set_requires_grad();
    Tensor y = f(x);
    for (int i = 0; i < order; ++i) y = tape.gradient(y, {x})[0];
    return y.item();
  };
  const auto close = boost::test_tools::tolerance(1e-12);
  for (int n = 0; n <= 6; ++n)
    BOOST_TEST(derivative([](const Tensor& x) { return exp(x); }, 0.7, n) == std::exp(0.7), close);
  BOOST_TEST(derivative([](const Tensor& x) { return sin(x); }, 0.7, 5) == std::cos(0.7), close);
  BOOST_TEST(derivative([](const Tensor& x) { return square(square(x)); }, 3, 4) == 24, close);
  BOOST_TEST(derivative([](const Tensor& x) { return pow(x, 4); }, 3, 3) == 72, close);
  for (double x : {0.0, 1.0, -2.0}) {
    const double s = 1 / (1 + std::exp(-x));
    BOOST_TEST(derivative([](const Tensor& t) { return softplus(t); }, x, 2) == s * (1 - s), close);
    BOOST_TEST(derivative([](const Tensor& t) { return softplus(t); }, x, 3) == s * (1 - s) * (1 - 2 * s),
               close);
  }
}

// The same for each op: a third derivative along two directions, against differences of second ones.
BOOST_AUTO_TEST_CASE(third_derivatives_match_differences) {
  for_each_sample([](const OpInfo& op, const OpSample& sample) {
    if (!op.has_derivative || &sample != &op.samples.front()) return;
    const std::vector<Tensor> inputs = inputs_of(op, sample);
    const std::vector<bool> wanted = wanted_inputs(op, sample);
    // <d2, d/dx <d1, d/dx <cotangent, f(x)>>>, a number
    const auto second = [&](Tape& tape, std::vector<Tensor>& x) {
      std::vector<Tensor> asked;
      for (size_t k = 0; k < x.size(); ++k)
        if (wanted[k]) asked.push_back(x[k].set_requires_grad());
      const Tensor y = sample.call(x);
      Tensor value = sum(mul(y, random_cotangent(y.shape())));
      for (int order = 0; order < 2; ++order) {
        const auto gradients = tape.gradient(value, asked);
        value = Tensor::zeros({}, DType::float64);
        for (const Tensor& g : gradients) value = add(value, sum(mul(g, random_cotangent(g.shape()))));
        if (!value.tracked()) return value;  // a polynomial of lower degree
      }
      return value;
    };
    Tape tape;
    std::vector<Tensor> x = clones(inputs);
    const Tensor value = second(tape, x);
    if (value.tracked()) tape.backward(value);
    for (size_t k = 0; k < x.size(); ++k) {
      if (!wanted[k]) continue;
      const auto want = differences(
          [&](const std::vector<Tensor>& moved) {
            Tape inner;
            std::vector<Tensor> at = clones(moved);
            return std::vector<double>{second(inner, at).item()};
          },
          inputs, k);
      const auto got = x[k].grad() ? at_checked_elements(x[k].grad()) : std::vector<double>(want.size());
      double largest = 1e-3;
      for (double w : want) largest = std::max(largest, std::abs(w));
      for (size_t i = 0; i < want.size(); ++i)
        if (!(std::abs(got[i] - want[i]) <= 2e-4 * largest)) {
          BOOST_ERROR("input " << k << ", element " << i << ": " << got[i] << ", not " << want[i]);
          break;
        }
    }
  });
}
