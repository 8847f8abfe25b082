// Ops whose conventions one can get wrong, against what PyTorch computes: tests/golden/make_ops.py wrote
// ops.json.
#include <boost/test/unit_test.hpp>

#include "autograd/ops.hpp"
#include "tests/golden_case.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

const nlohmann::json& golden() {
  static const nlohmann::json file = golden_file("ops.json");
  return file;
}

void check(const std::string& name, const Function& f) { check_case(golden(), name, f); }

}  // namespace

BOOST_AUTO_TEST_CASE(batch_norm_and_its_running_statistics) {
  for (bool training : {true, false}) {
    const std::string name = training ? "batch_norm_training" : "batch_norm_evaluation";
    const auto &before = golden().at(name).at("running_before"), &after = golden().at(name).at("running_after");
    check(name, [&](const std::vector<Tensor>& in) {
      Tensor mean = golden_tensor(before[0]).to(in[0].dtype()),
             var = golden_tensor(before[1]).to(in[0].dtype());
      const Tensor y = batch_norm(in[0], in[1], in[2], mean, var, training, 0.1, 1e-5);
      const double tolerance = in[0].dtype() == DType::float64 ? 1e-14 : 1e-6;
      BOOST_TEST(relative_error(mean, golden_tensor(after[0])) <= tolerance);
      BOOST_TEST(relative_error(var, golden_tensor(after[1])) <= tolerance);
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
