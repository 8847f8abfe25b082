// Groups of parameters: the same steps as PyTorch's param_groups, and what cannot be.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data_helpers.hpp"
#include "nn/nn.hpp"

using namespace elbow;
using namespace elbow::test;
using nlohmann::json;

namespace {

Tensor tensor_of(const json& j) { return Tensor::from(j.get<std::vector<double>>(), {int64_t(j.size())}); }

struct Three : Module {
  Tensor a, b, c;
  explicit Three(const json& start)
      : a(tensor_of(start["a"])), b(tensor_of(start["b"])), c(tensor_of(start["c"])) {
    parameter("a", a);
    parameter("b", b);
    parameter("c", c);
  }
};

json golden() {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/parameter_groups.json");
  return json::parse(file);
}

// Ten steps along the golden gradients; `make` makes the optimiser.
template <class Make> std::map<std::string, Tensor> trained(const json& g, Make make) {
  Three module(g["start"]);
  FlatParameters flat(module);
  const auto optimizer = make(flat);
  for (const json& step : g["gradients"]) {
    for (const NamedTensor& t : module.named_tensors()) t.tensor->grad().copy_(tensor_of(step[t.name]));
    optimizer->step(0.1);
  }
  return state_of(module);
}

// Biases and what batch norm has: parameters of less than two axes.
bool is_vector(const std::string&, const Shape& shape) { return shape.rank() < 2; }

struct Net : Module {
  RandomStream random{1, 0};
  Sequential encoder, decoder;
  Net() {
    encoder.emplace<Linear>(3, 5, random);
    encoder.emplace<BatchNorm1d>(5);
    decoder.emplace<Linear>(5, 3, random);
    submodule("encoder", encoder);
    submodule("decoder", decoder);
  }
};

std::vector<std::string> names_of(const Module& module, const ParameterFilter& filter) {
  std::vector<std::string> names;
  for (const NamedTensor& t : module.named_tensors())
    if (t.trained && filter(t.name, t.tensor->shape())) names.push_back(t.name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(groups_step_as_in_pytorch) {
  const json g = golden();
  const std::vector<ParameterGroup> groups{
      {.members = named("b"), .learning_rate_factor = 0.25, .weight_decay = 0.02}};
  const auto check = [&](const std::string& name, auto make) {
    for (const auto& [parameter, value] : trained(g, make)) {
      const auto found = value.to_vector(), expected = tensor_of(g["end"][name][parameter]).to_vector();
      for (size_t i = 0; i < found.size(); ++i)
        BOOST_TEST(std::abs(found[i] - expected[i]) <= 1e-12 * (1 + std::abs(expected[i])),
                   name << " " << parameter << " element " << i);
    }
  };
  check("sgd_nesterov", [&](auto& flat) {
    return make_sgd(flat, {.momentum = 0.9, .weight_decay = 0.05, .nesterov = true}, groups);
  });
  check("adam", [&](auto& flat) { return make_adam(flat, {.weight_decay = 0.05}, groups); });
  check("adamw",
        [&](auto& flat) { return make_adam(flat, {.weight_decay = 0.05, .decoupled = true}, groups); });
}

// A group with the optimiser's own settings changes no bit, even where it cuts the buffers into three.
BOOST_AUTO_TEST_CASE(groups_that_change_nothing_change_no_bit) {
  const json g = golden();
  const AdamOptions options{.weight_decay = 0.05, .decoupled = true};
  const auto none = trained(g, [&](auto& flat) { return make_adam(flat, options); });
  const auto same = trained(g, [&](auto& flat) { return make_adam(flat, options, {{.members = named("*")}}); });
  // a tiny difference that rounding takes away again keeps the ranges apart
  const auto apart = trained(g, [&](auto& flat) {
    return make_adam(
        flat, options,
        {{.members = named("b"), .weight_decay = std::nextafter(0.05, 0.0)}, {.members = named("c")}});
  });
  for (const auto& [name, value] : none) {
    BOOST_TEST(same.at(name).to_vector() == value.to_vector());
    if (name != "b") BOOST_TEST(apart.at(name).to_vector() == value.to_vector());
  }
}

BOOST_AUTO_TEST_CASE(parameters_are_chosen_by_name_and_by_shape) {
  const Net net;
  BOOST_TEST(names_of(net, named("encoder.*")) ==
             (Names{"encoder.0.weight", "encoder.0.bias", "encoder.1.weight", "encoder.1.bias"}));
  BOOST_TEST(names_of(net, named("*.0.bias")) == (Names{"encoder.0.bias", "decoder.0.bias"}));
  BOOST_TEST(names_of(net, named("decoder.0.weight")) == Names{"decoder.0.weight"});
  BOOST_TEST(names_of(net, named("decoder")).empty());
  BOOST_TEST(names_of(net, named("*")).size() == 6U);
  BOOST_TEST(names_of(net, named("")).empty());
  BOOST_TEST(names_of(net, is_vector) ==
             (Names{"encoder.0.bias", "encoder.1.weight", "encoder.1.bias", "decoder.0.bias"}));
}

BOOST_AUTO_TEST_CASE(the_ranges_tile_the_buffer_and_are_as_few_as_can_be) {
  Net net;
  const FlatParameters flat(net);
  const int64_t n = flat.values().numel();
  const auto one = ranges_of(flat, {}, 0.1);
  BOOST_TEST_REQUIRE(one.size() == 1U);
  BOOST_TEST((one[0].first == 0 && one[0].last == n && one[0].learning_rate_factor == 1));
  BOOST_TEST(one[0].weight_decay == 0.1);
  // [weight] [bias, batch norm's weight and bias] [weight] [bias]
  const auto many = ranges_of(flat, {{.members = is_vector, .weight_decay = 0}}, 0.1);
  BOOST_TEST_REQUIRE(many.size() == 4U);
  for (size_t i = 0; i < many.size(); ++i) {
    BOOST_TEST(many[i].first == (i == 0 ? 0 : many[i - 1].last));
    BOOST_TEST(many[i].first % 16 == 0);
    BOOST_TEST(many[i].weight_decay == (i % 2 == 0 ? 0.1 : 0));
  }
  BOOST_TEST(many.back().last == n);
}

BOOST_AUTO_TEST_CASE(groups_that_cannot_be) {
  Net net;
  FlatParameters flat(net);
  BOOST_TEST(error_of([&] {
               make_adam(flat, {}, {{.members = named("encoder.*")}, {.members = is_vector}});
             }) == "[optimizer] the parameter encoder.0.bias is in two groups, 0 and 1");
  BOOST_TEST(error_of([&] { make_sgd(flat, {}, {{.members = named("encodre.*")}}); }) ==
             "[optimizer] no parameter is in group 0; the parameters are encoder.0.weight to decoder.0.bias");
}
