// Ops on the structure of tensors against what PyTorch computes: tests/golden/make_ops.py wrote ops.json.
#include <boost/test/unit_test.hpp>

#include "autograd/autograd.hpp"
#include "tests/golden_case.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

const nlohmann::json& golden() {
  static const nlohmann::json file = golden_file("ops.json");
  return file;
}

void check(const std::string& name, const Function& f) { check_case(golden(), name, f); }

Indices index_of(const std::string& name) {
  const auto& c = golden().at(name);
  const auto shape = c.at("index_shape").get<std::vector<int64_t>>();
  return {c.at("index").get<std::vector<int64_t>>(), Shape(std::span<const int64_t>(shape))};
}

bool nan_alike(const Tensor& a, const Tensor& b) {
  const auto p = a.to_vector(), q = b.to_vector();
  bool same = p.size() == q.size();
  for (size_t i = 0; same && i < p.size(); ++i)
    same = std::isnan(p[i]) ? std::isnan(q[i]) : std::abs(p[i] - q[i]) < 1e-12;
  return same;
}

}  // namespace

BOOST_AUTO_TEST_CASE(largest_and_smallest) {
  check("amax", [](const auto& in) { return amax(in[0], {0, 2}); });
  check("amax_ties", [](const auto& in) { return amax(in[0], 1); });
  check("amin", [](const auto& in) { return amin(in[0], {0, 2}); });
  check("amin_ties", [](const auto& in) { return amin(in[0], 1); });
}

BOOST_AUTO_TEST_CASE(a_nan_is_the_largest_and_the_smallest) {
  for (const bool largest : {true, false}) {
    const auto& c = golden().at(largest ? "amax_nan" : "amin_nan");
    Tensor x = golden_tensor(c.at("inputs")[0]).set_requires_grad();
    Tape tape;
    const Tensor y = largest ? amax(x, 1) : amin(x, 1);
    tape.backward(sum(y * golden_tensor(c.at("cotangent"))));
    BOOST_TEST(nan_alike(y, golden_tensor(c.at("output"))));
    BOOST_TEST(nan_alike(x.grad(), golden_tensor(c.at("gradients")[0])));
    const Indices places = largest ? argmax(x, 1) : argmin(x, 1);
    BOOST_TEST(places.to_vector() == index_of(largest ? "argmax_nan" : "argmin_nan").to_vector());
  }
}

BOOST_AUTO_TEST_CASE(axes) {
  check("permute", [](const auto& in) { return permute(in[0], {2, 0, 3, 1}); });
  check("slice_step", [](const auto& in) { return in[0](Range(1, 7, 3), all, -1); });
}

BOOST_AUTO_TEST_CASE(products) {
  for (const char* name : {"matmul_batched", "matmul_by_one"})
    check(name, [](const auto& in) { return matmul(in[0], in[1]); });
}

BOOST_AUTO_TEST_CASE(indices) {
  check("gather", [](const auto& in) { return gather(in[0], 1, index_of("gather")); });
  check("scatter_add", [](const auto& in) { return scatter_add(in[0], 1, index_of("scatter_add"), in[1]); });
  check("cross_entropy_labels",
        [](const auto& in) { return cross_entropy(in[0], index_of("cross_entropy_labels")); });
  check("cross_entropy_labels_extreme", [](const auto& in) {
    return cross_entropy(in[0], index_of("cross_entropy_labels_extreme"), Reduction::per_row);
  });
}

BOOST_AUTO_TEST_CASE(powers) {
  check("pow", [](const auto& in) { return pow(in[0], in[1]); });
  check("pow_whole", [](const auto& in) { return pow(in[0], in[1]); });
}
