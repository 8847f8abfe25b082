#define BOOST_TEST_MODULE ops_golden
// Ops whose conventions one can get wrong, against what PyTorch computes: tests/golden/make_ops.py wrote
// ops.json.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/ops.hpp"
#include "tests/gradcheck.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

const nlohmann::json& golden() {
  static const nlohmann::json file =
      nlohmann::json::parse(std::ifstream(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/ops.json"));
  return file;
}

Tensor tensor(const nlohmann::json& j) {
  std::vector<double> values;
  for (const auto& v : j.at("values"))
    values.push_back(v.is_string() ? std::stod(v.get<std::string>()) : v.get<double>());
  const auto sizes = j.at("shape").get<std::vector<int64_t>>();
  return Tensor::from(values, Shape(std::span<const int64_t>(sizes)));
}

/// The elements and a 1: measured so, a gradient that all but vanishes is compared on the scale of the cotangent, of
/// whose rounding errors it consists.
std::vector<double> beside_one(const Tensor& gradient) {
  std::vector<double> values = gradient.to_vector();
  values.push_back(1);
  return values;
}

/// Output and gradients of one case. float64 must agree to 1e-12, float32 to 1e-5 of the largest element.
void check(const std::string& name, const Function& f) {
  BOOST_TEST_CONTEXT(name) {
    const auto& c = golden().at(name);
    std::vector<Tensor> inputs;
    std::vector<bool> wanted;
    for (size_t i = 0; i < c.at("inputs").size(); ++i) {
      inputs.push_back(tensor(c.at("inputs")[i]));
      wanted.push_back(!c.at("gradients")[i].is_null());
    }
    const Tensor cotangent = tensor(c.at("cotangent")), output = tensor(c.at("output"));
    for (DType dtype : {DType::float64, DType::float32}) {
      const double tolerance = dtype == DType::float64 ? 1e-12 : 1e-5,
                   floor = dtype == DType::float64 ? 1e-3 : 1;
      std::vector<Tensor> typed;
      for (const Tensor& t : inputs) typed.push_back(t.to(dtype));
      BOOST_TEST(relative_error(f(typed), output, floor) <= tolerance);
      const auto gradients = tape_gradients(f, typed, wanted, cotangent.to(dtype));
      for (size_t i = 0; i < inputs.size(); ++i)
        if (wanted[i])
          BOOST_TEST(relative_error(beside_one(gradients[i]), beside_one(tensor(c.at("gradients")[i])),
                                    floor) <= tolerance,
                     "gradient " << i);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(batch_norm_and_its_running_statistics) {
  for (bool training : {true, false}) {
    const std::string name = training ? "batch_norm_training" : "batch_norm_evaluation";
    const auto &before = golden().at(name).at("running_before"), &after = golden().at(name).at("running_after");
    check(name, [&](const std::vector<Tensor>& in) {
      const Tensor mean = tensor(before[0]).to(in[0].dtype()), var = tensor(before[1]).to(in[0].dtype());
      const Tensor y = batch_norm(in[0], in[1], in[2], mean, var, training, 0.1, 1e-5);
      const double tolerance = in[0].dtype() == DType::float64 ? 1e-14 : 1e-6;
      BOOST_TEST(relative_error(mean, tensor(after[0])) <= tolerance);
      BOOST_TEST(relative_error(var, tensor(after[1])) <= tolerance);
      return y;
    });
  }
}

BOOST_AUTO_TEST_CASE(softmax_and_its_logarithm) {
  check("softmax", [](const auto& in) { return softmax(in[0]); });
  check("softmax_extreme", [](const auto& in) { return softmax(in[0]); });
  check("softmax_axis_0", [](const auto& in) { return softmax(in[0], 0); });
  check("log_softmax", [](const auto& in) { return log_softmax(in[0]); });
  check("log_softmax_extreme", [](const auto& in) { return log_softmax(in[0]); });
  check("logsumexp", [](const auto& in) { return logsumexp(in[0], 1); });
  check("logsumexp_extreme", [](const auto& in) { return logsumexp(in[0], 1); });
  check("logsumexp_all", [](const auto& in) { return logsumexp(in[0]); });
}

BOOST_AUTO_TEST_CASE(variances) {
  check("variance", [](const auto& in) { return variance(in[0], 0); });
  check("variance_biased", [](const auto& in) { return variance(in[0], {}, false, 0); });
}

BOOST_AUTO_TEST_CASE(losses) {
  check("cross_entropy", [](const auto& in) { return cross_entropy_with_logits(in[0], in[1]); });
  for (const char* name : {"cross_entropy_per_row", "cross_entropy_extreme"})
    check(name, [](const auto& in) { return cross_entropy_with_logits(in[0], in[1], Reduction::per_row); });
  check("bce", [](const auto& in) { return bce_with_logits(in[0], in[1]); });
  for (const char* name : {"bce_extreme", "bce_sure"})
    check(name, [](const auto& in) { return bce_with_logits(in[0], in[1], Reduction::none); });
  check("gaussian_kl", [](const auto& in) { return gaussian_kl(in[0], in[1]); });
  check("gaussian_kl_per_column",
        [](const auto& in) { return gaussian_kl(in[0], in[1], Reduction::per_column); });
}

BOOST_AUTO_TEST_CASE(the_others) {
  check("softplus", [](const auto& in) { return softplus(in[0]); });
  check("sigmoid", [](const auto& in) { return sigmoid(in[0]); });
  check("linear", [](const auto& in) { return linear(in[0], in[1], in[2]); });
}
