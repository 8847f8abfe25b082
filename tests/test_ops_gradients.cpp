// The gradient of every op of the registry against central differences, in each of the ways it can be asked
// for.
#include <boost/test/unit_test.hpp>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "tests/gradcheck.hpp"
#include "tests/op_samples.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr double tolerance = 1e-6;

/// One sample, ready to be differentiated.
struct Case {
  const OpSample& sample;
  std::vector<Tensor> inputs;
  std::vector<bool> wanted;
  Tensor cotangent;

  Case(const OpInfo& op, const OpSample& sample)
      : sample(sample), inputs(inputs_of(op, sample)), wanted(wanted_inputs(op, sample)) {
    cotangent = random_cotangent(sample.call(clones(inputs)).shape());
  }
  std::vector<Tensor> gradients(const std::vector<Tensor>& before = {}) const {
    return tape_gradients(sample.call, inputs, wanted, cotangent, before);
  }
};

template <class F> void for_each_case(F f) {
  for_each_sample([&](const OpInfo& op, const OpSample& sample) { f(op, Case(op, sample)); });
}

Tensor scaled(const Tensor& t, double factor) {
  Tensor out = t.clone();
  for (int64_t i = 0; i < t.numel(); ++i) out.data<double>()[i] *= factor;
  return out;
}

Tensor total(const Tensor& a, const Tensor& b) {
  const NoGrad no_grad;
  return add(a, b);
}

}  // namespace

BOOST_AUTO_TEST_CASE(gradients_match_differences) {
  for_each_case([](const OpInfo&, const Case& c) {
    const std::vector<Tensor> gradients = c.gradients();
    for (size_t k = 0; k < c.inputs.size(); ++k) {
      BOOST_TEST_CONTEXT("input " << k) {
        if (!c.wanted[k]) {
          BOOST_TEST(!gradients[k]);
          continue;
        }
        BOOST_REQUIRE(gradients[k]);
        const auto want = numerical_gradient(c.sample.call, c.inputs, k, c.cotangent);
        BOOST_TEST(relative_error(at_checked_elements(gradients[k]), want) <= tolerance);
      }
    }
  });
}

// The negative control: if a gradient that is off by a hundredth passed, the check above would be worth
// nothing.
BOOST_AUTO_TEST_CASE(a_gradient_that_is_off_by_a_hundredth_fails) {
  for_each_case([](const OpInfo&, const Case& c) {
    const std::vector<Tensor> gradients = c.gradients();
    for (size_t k = 0; k < c.inputs.size(); ++k) {
      if (!c.wanted[k] || c.inputs[k].numel() == 0 || c.cotangent.numel() == 0) continue;
      const auto want = numerical_gradient(c.sample.call, c.inputs, k, c.cotangent);
      BOOST_TEST(!(relative_error(at_checked_elements(scaled(gradients[k], 1.01)), want) <= tolerance),
                 "input " << k);
    }
  });
}

// Only one input asks for a gradient: the others' share of the backward is left out.
BOOST_AUTO_TEST_CASE(each_gradient_alone_is_the_same) {
  for_each_case([](const OpInfo&, const Case& c) {
    const std::vector<Tensor> together = c.gradients();
    for (size_t k = 0; k < c.inputs.size(); ++k) {
      if (!c.wanted[k]) continue;
      std::vector<bool> only(c.inputs.size());
      only[k] = true;
      const auto alone = tape_gradients(c.sample.call, c.inputs, only, c.cotangent);
      BOOST_TEST(alone[k].to_vector() == together[k].to_vector());
    }
  });
}

BOOST_AUTO_TEST_CASE(gradients_are_added_to_those_that_are_there) {
  for_each_case([](const OpInfo&, const Case& c) {
    std::vector<Tensor> before;
    for (const Tensor& t : c.inputs) before.push_back(random_cotangent(t.shape()));
    const std::vector<Tensor> fresh = c.gradients(), summed = c.gradients(before);
    for (size_t k = 0; k < c.inputs.size(); ++k)
      if (c.wanted[k]) BOOST_TEST(relative_error(summed[k], total(fresh[k], before[k])) <= 1e-13);
  });
}

// A gradient that lies in the middle of a longer buffer, as those of parameters do: nothing beside it is
// touched.
BOOST_AUTO_TEST_CASE(gradients_stay_within_their_bounds) {
  for_each_case([](const OpInfo&, const Case& c) {
    Tape tape;
    std::vector<Tensor> leaves = clones(c.inputs);
    for (size_t k = 0; k < leaves.size(); ++k) {
      if (!c.wanted[k]) continue;
      leaves[k].set_requires_grad();
      leaves[k].set_grad(shifted(Tensor::zeros(leaves[k].shape(), DType::float64)));
    }
    const Tensor y = c.sample.call(leaves);
    if (!y.tracked()) return;
    tape.backward(y, shifted(c.cotangent));
    const std::vector<Tensor> want = c.gradients();
    for (size_t k = 0; k < leaves.size(); ++k) {
      if (!c.wanted[k]) continue;
      BOOST_TEST(guards_intact<double>(leaves[k].grad()));
      BOOST_TEST(relative_error(leaves[k].grad(), want[k]) <= 1e-13);
    }
  });
}

// f(x) + f(x) of tensors x that were computed: the second gradient is added to an adjoint on the tape.
BOOST_AUTO_TEST_CASE(inputs_used_by_two_ops_get_both_gradients) {
  for_each_case([](const OpInfo&, const Case& c) {
    const auto twice = [&](const std::vector<Tensor>& inputs) {
      std::vector<Tensor> computed;
      for (size_t k = 0; k < inputs.size(); ++k)
        computed.push_back(c.wanted[k] ? neg(neg(inputs[k])) : inputs[k]);
      return add(c.sample.call(computed), c.sample.call(computed));
    };
    const auto once = c.gradients(), both = tape_gradients(twice, c.inputs, c.wanted, c.cotangent);
    for (size_t k = 0; k < c.inputs.size(); ++k)
      if (c.wanted[k]) BOOST_TEST(relative_error(both[k], scaled(once[k], 2)) <= 1e-13);
  });
}

// f(x, x): one tensor in two places of the same op.
BOOST_AUTO_TEST_CASE(one_tensor_as_two_inputs_gets_both_gradients) {
  int tried = 0;
  for_each_case([&](const OpInfo&, const Case& c) {
    for (size_t j = 1; j < c.inputs.size(); ++j)
      for (size_t i = 0; i < j; ++i) {
        if (!c.wanted[i] || !c.wanted[j] || !(c.inputs[i].shape() == c.inputs[j].shape())) continue;
        for (bool computed : {false, true}) {
          const auto f = [&](const std::vector<Tensor>& x) {
            std::vector<Tensor> inputs = clones(c.inputs);
            inputs[i] = inputs[j] = computed ? neg(neg(x[0])) : x[0];
            return c.sample.call(inputs);
          };
          const auto gradient = tape_gradients(f, {c.inputs[j]}, {true}, c.cotangent)[0];
          const auto want = numerical_gradient(f, {c.inputs[j]}, 0, c.cotangent);
          BOOST_TEST(relative_error(at_checked_elements(gradient), want) <= tolerance);
          ++tried;
        }
      }
  });
  if (!std::getenv("ELBOW_OP")) BOOST_TEST(tried > 10);
}

// float32 rounds at 6e-8; some tens of roundings, and differences of numbers of like size, make 1e-5 of it at
// most.
BOOST_AUTO_TEST_CASE(float32_gradients_match_float64_ones) {
  for_each_case([](const OpInfo&, const Case& c) {
    const auto want = c.gradients();
    const auto got = tape_gradients(c.sample.call, converted(c.inputs, DType::float32), c.wanted,
                                    c.cotangent.to(DType::float32));
    for (size_t k = 0; k < c.inputs.size(); ++k) {
      if (!c.wanted[k]) continue;
      BOOST_TEST((got[k].dtype() == DType::float32));
      BOOST_TEST(relative_error(got[k], want[k], 0.1) <= 1e-5, "input " << k);
    }
  });
}

// ---- gradients of gradients ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(second_gradients_match_differences_of_first_ones) {
  for_each_case([](const OpInfo& op, const Case& c) {
    if (!op.has_derivative) return;
    // the terms of <direction, gradient of <cotangent, f>>, as a function of the inputs
    std::vector<Tensor> directions;
    for (const Tensor& t : c.inputs) directions.push_back(random_cotangent(t.shape()));
    const auto first = [&](const std::vector<Tensor>& inputs) {
      std::vector<Tensor> leaves = inputs;
      Tape tape;
      for (size_t k = 0; k < leaves.size(); ++k) leaves[k] = leaves[k].clone().set_requires_grad(c.wanted[k]);
      const auto gradients = tape.gradient(c.sample.call(leaves), leaves, c.cotangent);
      std::vector<double> products;  // not summed up yet, so that differences of them stay exact
      for (size_t k = 0; k < leaves.size(); ++k) {
        if (!c.wanted[k]) continue;
        const auto g = gradients[k].to_vector(), d = directions[k].to_vector();
        for (size_t i = 0; i < g.size(); ++i) products.push_back(g[i] * d[i]);
      }
      return products;
    };

    Tape tape;
    std::vector<Tensor> leaves = clones(c.inputs);
    for (size_t k = 0; k < leaves.size(); ++k) leaves[k].set_requires_grad(c.wanted[k]);
    const auto gradients = tape.gradient(c.sample.call(leaves), leaves, c.cotangent);
    const auto by_kernels = c.gradients();
    Tensor objective = Tensor::zeros({}, DType::float64);
    for (size_t k = 0; k < leaves.size(); ++k) {
      if (!c.wanted[k]) continue;
      const double apart = relative_error(gradients[k], by_kernels[k]);
      BOOST_TEST(apart <= 1e-12, "gradient in ops of input " << k << " is off by " << apart);
      objective = add(objective, sum(mul(gradients[k], directions[k])));
    }
    if (objective.tracked()) tape.backward(objective);  // else the op is linear, and the second gradient is 0

    for (size_t k = 0; k < leaves.size(); ++k) {
      if (!c.wanted[k]) continue;
      const std::vector<double> want = differences(first, c.inputs, k);
      if (leaves[k].grad())
        BOOST_TEST(relative_error(at_checked_elements(leaves[k].grad()), want) <= tolerance);
      else
        for (double w : want) BOOST_TEST(std::abs(w) < 1e-9);
    }
  });
}
