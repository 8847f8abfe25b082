// Every op of the registry: what its file must declare, its values against its plain loop, and what it must
// refuse.
#include <boost/test/unit_test.hpp>
#include <set>

#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "tests/gradcheck.hpp"
#include "tests/op_samples.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

/// What an op's file fails to declare, or nothing.
std::string missing(const OpInfo& op) {
  if (op.samples.empty()) return "declares no samples: add s.add({s.in({3, 5})}) to its samples()";
  if (op.doc.empty()) return "has no line of documentation";
  if (op.arity > 0 && !op.extremes)
    return "is element-wise, and never tried at 0 and infinity: add .extremes()";
  if (op.arity < 0 && op.benchmarks.empty())
    return "is not element-wise, and names no size to time: add s.benchmark()";
  if (op.arity != 1 && op.refusals.empty() && op.name != "cast")
    return "refuses nothing: add s.refuse(...) for shapes that do not fit";
  if (!op.has_reference && op.values.empty())
    return "is tested against itself alone: give known values, s.value(x, y), or a double reference(double x) "
           "const";
  return "";
}

/// How far an op is from a value that it must have, relative to it.
double error_of(const OpValue& value, DType dtype) {
  std::vector<Tensor> inputs;
  for (double x : value.inputs) inputs.push_back(Tensor::full({1}, x, dtype));
  return std::abs(value.call(inputs).item() - value.output) / std::max(std::abs(value.output), 1e-30);
}

Tensor reference_of(const OpSample& sample, const std::vector<Tensor>& inputs, const Shape& shape) {
  Tensor y = Tensor::zeros(shape, DType::float64);
  sample.reference(inputs, y.data<double>());
  return y;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_op_declares_what_the_tests_need) {
  std::set<std::string> names;
  for (const OpInfo& op : ops_to_test()) {
    BOOST_TEST(missing(op) == "", op.name << ' ' << missing(op));
    BOOST_TEST(names.insert(op.name).second, "two ops are named " << op.name);
  }
}

BOOST_AUTO_TEST_CASE(an_op_without_samples_is_noticed) {
  OpInfo op = all_ops().front();
  BOOST_TEST(missing(op) == "");
  op.samples.clear();
  BOOST_TEST(missing(op).find("declares no samples") == 0u);
  op = all_ops().front();
  op.has_reference = false;
  op.values.clear();
  BOOST_TEST(missing(op).find("is tested against itself alone") == 0u);
}

// float64: the kernels sum in another order than the plain loops and xsimd's functions are good to 2 ulp or so,
// hence 1e-13 relative; float32 rounds at 6e-8, and sums of some tens of such terms stay below 1e-5 of the
// terms.
BOOST_AUTO_TEST_CASE(values_match_the_plain_loop) {
  for_each_sample([](const OpInfo& op, const OpSample& sample) {
    const std::vector<Tensor> inputs = inputs_of(op, sample);
    const Tensor y = sample.call(clones(inputs)), y32 = sample.call(converted(inputs, DType::float32));
    const Tensor want = reference_of(sample, inputs, y.shape());
    BOOST_TEST((y.dtype() == DType::float64));
    BOOST_TEST((y32.dtype() == DType::float32 || op.name == "cast"));
    BOOST_TEST(relative_error(y, want) <= 1e-13);
    BOOST_TEST(relative_error(y32, want, 0.1) <= 1e-5);
  });
}

BOOST_AUTO_TEST_CASE(known_values) {
  for (const OpInfo& op : ops_to_test())
    for (OpValue value : op.values) BOOST_TEST_CONTEXT(op.name << " of " << value.inputs[0]) {
        BOOST_TEST(error_of(value, DType::float64) <= 1e-7);
        BOOST_TEST(error_of(value, DType::float32) <= 2e-6);
        value.output += 1e-5 * std::max(1.0, std::abs(value.output));  // and a wrong one is noticed
        BOOST_TEST(!(error_of(value, DType::float64) <= 1e-7));
      }
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_noticed) {
  for_each_sample([](const OpInfo& op, const OpSample& sample) {
    const std::vector<Tensor> inputs = inputs_of(op, sample);
    const Tensor y = sample.call(clones(inputs));
    Tensor want = reference_of(sample, inputs, y.shape());
    if (want.numel() == 0) return;
    want.data<double>()[want.numel() - 1] += 1e-2;
    BOOST_TEST(!(relative_error(y, want) <= 1e-5));
  });
}

BOOST_AUTO_TEST_CASE(inputs_stay_as_they_are) {
  for_each_sample([](const OpInfo& op, const OpSample& sample) {
    if (op.name == "batch_norm" || op.name == "batch_norm2d") return;  // move their running statistics
    const std::vector<Tensor> inputs = inputs_of(op, sample), before = clones(inputs);
    sample.call(inputs);
    for (size_t i = 0; i < inputs.size(); ++i) BOOST_TEST(inputs[i].to_vector() == before[i].to_vector());
  });
}

// Nothing may depend on whether the elements lie at the boundary of a register, to the last bit.
BOOST_AUTO_TEST_CASE(values_do_not_depend_on_alignment) {
  for_each_sample([](const OpInfo& op, const OpSample& sample) {
    for (DType dtype : {DType::float32, DType::float64}) {
      const std::vector<Tensor> inputs = converted(inputs_of(op, sample), dtype);
      std::vector<Tensor> moved;
      for (const Tensor& t : inputs) moved.push_back(shifted(t));
      BOOST_TEST(sample.call(moved).to_vector() == sample.call(clones(inputs)).to_vector());
    }
  });
}

BOOST_AUTO_TEST_CASE(refusals_say_what_is_wrong) {
  for (const OpInfo& op : ops_to_test())
    for (const OpRefusal& refusal : op.refusals) BOOST_TEST_CONTEXT(op.name << ": " << refusal.message) {
        const auto says_so = [&](const Error& e) {
          const std::string message = e.what();
          BOOST_TEST_INFO(message);
          return message.find("[" + op.name + "] ") == 0 &&
                 message.find(refusal.message) != std::string::npos && message.find('\n') == std::string::npos;
        };
        const auto inputs = draw_inputs(refusal.inputs, {}, 1);
        BOOST_CHECK_EXCEPTION(refusal.call(inputs), Error, says_so);
      }
}

// These hold for every op without its file saying so.
BOOST_AUTO_TEST_CASE(mixed_and_missing_inputs_are_refused) {
  for_each_sample([](const OpInfo& op, const OpSample& sample) {
    const std::string name = "[" + op.name + "] ";
    const auto starts_with_name = [&](const Error& e) { return std::string(e.what()).find(name) == 0; };
    std::vector<Tensor> inputs = inputs_of(op, sample);
    inputs.back() = Tensor();
    BOOST_CHECK_EXCEPTION(sample.call(inputs), Error, starts_with_name);
    BOOST_CHECK_EXCEPTION(sample.call(std::vector<Tensor>{}), Error, starts_with_name);
    if (inputs.size() < 2) return;
    inputs = inputs_of(op, sample);
    inputs.back() = inputs.back().to(DType::float32);
    BOOST_CHECK_EXCEPTION(sample.call(inputs), Error, [&](const Error& e) {
      return starts_with_name(e) && std::string(e.what()).find("float32") != std::string::npos;
    });
  });
}

BOOST_AUTO_TEST_CASE(the_free_functions_take_their_settings) {
  const Tensor x = Tensor::from<double>({-2, 0.5, 3}, {3});
  BOOST_TEST(clamp(x, -1, 1).to_vector() == (std::vector<double>{-1, 0.5, 1}),
             boost::test_tools::per_element());
  BOOST_TEST(leaky_relu(x, 0.5).to_vector() == (std::vector<double>{-1, 0.5, 3}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(clamp(x, 1, -1), Error);
  BOOST_TEST(sum(x, {0}, true).shape() == Shape{1});
  BOOST_TEST(concat(std::vector<Tensor>{x, x, x}, 0).numel() == 9);
  BOOST_TEST(variance(x, {}, false, 0).item() == ((2.5 * 2.5 + 0 + 2.5 * 2.5) / 3),
             boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(arithmetic_as_one_writes_it) {
  const Tensor a = Tensor::from<float>({1, 2}, {2}), b = Tensor::from<float>({4, 8}, {2});
  const Tensor values[] = {a + b, a - b, a * b, a / b, -a,    a + 1, a - 1,
                           a * 2, a / 2, 1 + a, 1 - a, 2 * a, 8 / b};
  const double first[] = {5, -3, 4, 0.25, -1, 2, 0, 2, 0.5, 2, 0, 2, 2};
  const double second[] = {10, -6, 16, 0.25, -2, 3, 1, 4, 1, 3, -1, 4, 1};
  for (size_t i = 0; i < std::size(values); ++i) {
    BOOST_TEST((values[i].dtype() == DType::float32));  // a number takes the type of the tensor
    BOOST_TEST(values[i].to_vector() == (std::vector<double>{first[i], second[i]}),
               boost::test_tools::per_element());
  }
}

// A class that is ruled out by a logit of -inf costs nothing and gets no gradient.
BOOST_AUTO_TEST_CASE(masked_logits) {
  const Tensor logits = Tensor::from<double>({0, -INFINITY, 1}, {1, 3}).set_requires_grad();
  const Tensor target = Tensor::from<double>({0, 0, 1}, {1, 3});
  const double cost = std::log(1 + std::exp(-1.0)), p = 1 / (1 + std::exp(1.0));
  Tape tape;
  const Tensor loss = cross_entropy_with_logits(logits, target);
  BOOST_TEST(loss.item() == cost, boost::test_tools::tolerance(1e-14));
  tape.backward(loss);
  const std::vector<double> want = {p, 0, -p};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(logits.grad().to_vector()[size_t(i)] == want[size_t(i)], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(softmax(logits).to_vector()[1] == 0);
  BOOST_TEST(logsumexp(logits).item() == 1 + cost, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(logsumexp(Tensor::full({3}, -INFINITY)).item() == -INFINITY);

  const Tensor rows = Tensor::from<double>({-INFINITY, -INFINITY, 0, -INFINITY}, {2, 2}).set_requires_grad();
  Tape second;
  second.backward(sum(logsumexp(rows, 1)));
  const auto gradient = rows.grad().to_vector();
  BOOST_TEST((std::isnan(gradient[0]) && std::isnan(gradient[1])));  // as in PyTorch: such a row has no softmax
  BOOST_TEST((gradient[2] == 1 && gradient[3] == 0));                // and does not touch the others
}

// A column that does not vary has variance 0: epsilon keeps what is divided by it finite.
BOOST_AUTO_TEST_CASE(batch_norm_of_a_constant_column) {
  const Tensor x = Tensor::full({4, 1}, 7, DType::float64).set_requires_grad();
  const Tensor one = Tensor::ones({1}, DType::float64), bias = Tensor::full({1}, 3, DType::float64);
  Tape tape;
  Tensor mean = Tensor::zeros({1}, DType::float64), var = one.clone();
  const Tensor y = batch_norm(x, one, bias, mean, var, true);
  BOOST_TEST(y.to_vector() == (std::vector<double>{3, 3, 3, 3}), boost::test_tools::per_element());
  tape.backward(y, Tensor::from<double>({1, -1, 2, 0}, {4, 1}));
  for (double g : x.grad().to_vector()) BOOST_TEST(std::isfinite(g));
}

BOOST_AUTO_TEST_CASE(long_float32_sums_keep_their_digits) {
  const Tensor x = Tensor::full({1 << 20}, 0.1);
  BOOST_TEST(mean(x).item() == 0.1, boost::test_tools::tolerance(1e-5));
  const Tensor columns = Tensor::full({60'000, 3}, 0.1), zeros = Tensor::zeros({60'000, 3});
  BOOST_TEST(mean(columns, 0).to_vector()[1] == 0.1, boost::test_tools::tolerance(1e-5));
  const Tensor errors = squared_error(columns, zeros, Reduction::per_column);
  BOOST_TEST(errors.to_vector()[1] == 0.01, boost::test_tools::tolerance(1e-5));
}

// The largest element is looked for a register at a time, and a NaN must come through wherever it is.
BOOST_AUTO_TEST_CASE(the_largest_element_is_found_anywhere) {
  for (int64_t n : {1, 5, 16, 31, 32, 33, 47, 80})
    for (int64_t at = 0; at < n; ++at) {
      Tensor x = Tensor::full({n}, -1000), poisoned = x.clone();
      x.data<float>()[at] = 1000;  // were it not found, e^1000 would overflow
      poisoned.data<float>()[at] = NAN;
      BOOST_TEST(logsumexp(x).item() == 1000);
      BOOST_TEST(std::isnan(logsumexp(poisoned).item()));
    }
}
