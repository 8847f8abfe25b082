#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/tape.hpp"
#include "nn/nn.hpp"

using namespace elbow;
using nlohmann::json;

namespace {

json golden() {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/nn.json");
  return json::parse(file);
}

// A nested list of numbers as a float64 tensor.
Tensor tensor_of(const json& j) {
  if (!j.at(0).is_array()) return Tensor::from(j.get<std::vector<double>>(), {int64_t(j.size())});
  std::vector<double> values;
  for (const json& row : j)
    for (double v : row) values.push_back(v);
  return Tensor::from(values, {int64_t(j.size()), int64_t(j[0].size())});
}

void check_close(const Tensor& a, const Tensor& b, double tolerance, const std::string& what) {
  BOOST_TEST_REQUIRE((a.shape() == b.shape()), what);
  const auto p = a.to_vector<double>(), q = b.to_vector<double>();
  for (size_t i = 0; i < p.size(); ++i)
    BOOST_TEST(std::abs(p[i] - q[i]) <= tolerance * (1 + std::abs(q[i])),
               what << " element " << i << ": " << p[i] << " against " << q[i]);
}

struct OneParameter : Module {
  Tensor p;
  explicit OneParameter(const Tensor& start) : p(start) { parameter("p", p); }
};

struct Network : Module {
  RandomStream stream{1, 0};
  Sequential net;
  Network() {
    const Init zero{Init::Distribution::constant, 0};
    net.emplace<Linear>(3, 4, zero, zero, stream, DType::float64);
    net.emplace<BatchNorm1d>(4, zero, stream, 0.1, 1e-5, DType::float64);
    net.emplace<ActivationLayer>("tanh");
    net.emplace<Linear>(4, 2, zero, zero, stream, DType::float64);
    submodule("net", net);
  }
};

std::map<std::string, Tensor> with_prefix(const json& state) {
  std::map<std::string, Tensor> out;
  for (const auto& [name, value] : state.items()) out["net." + name] = tensor_of(value);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(optimisers_agree_with_pytorch) {
  const json g = golden()["optimizers"];
  const auto run = [&](const std::string& name, auto make) {
    OneParameter module(tensor_of(g["start"]));
    FlatParameters flat(module);
    const auto optimizer = make(flat);
    for (const json& gradient : g["gradients"]) {
      flat.zero_gradients();
      module.p.grad().copy_(tensor_of(gradient));
      optimizer->step(0.1);
    }
    check_close(module.p, tensor_of(g["end"][name]), 1e-12, name);
  };
  run("sgd", [](auto& f) { return make_sgd(f, {}); });
  run("sgd_momentum", [](auto& f) { return make_sgd(f, {.momentum = 0.9, .weight_decay = 0.01}); });
  run("sgd_nesterov", [](auto& f) { return make_sgd(f, {.momentum = 0.9, .nesterov = true}); });
  run("adam", [](auto& f) { return make_adam(f, {}); });
  run("adam_decay", [](auto& f) {
    return make_adam(f, {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-4, .weight_decay = 0.01});
  });
  run("adamw", [](auto& f) { return make_adam(f, {.weight_decay = 0.1, .decoupled = true}); });
}

BOOST_AUTO_TEST_CASE(schedules_agree_with_pytorch) {
  const json g = golden()["schedules"];
  Schedule step{Schedule::Kind::step, 0.4};
  step.period = 3;
  Schedule cosine{Schedule::Kind::cosine, 0.4};
  cosine.total = 12;
  cosine.final = 0.1;
  for (int64_t i = 0; i < 12; ++i) {
    BOOST_TEST(step.at(i) == g["step"][size_t(i)].get<double>(), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(cosine.at(i) == g["cosine"][size_t(i)].get<double>(), boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(warm_up_rises_to_the_rate_and_stays) {
  Schedule s{Schedule::Kind::constant, 0.8};
  s.warmup = 4;
  for (int64_t i = 0; i < 4; ++i)
    BOOST_TEST(s.at(i) == 0.2 * double(i + 1), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(s.at(4) == 0.8);
  BOOST_TEST(s.at(1000) == 0.8);
}

BOOST_AUTO_TEST_CASE(a_network_trains_as_in_pytorch) {
  const json g = golden()["network"];
  Network n;
  FlatParameters flat(n);
  set_state(n, with_prefix(g["start"]));
  const auto optimizer = make_adam(flat, {});
  const Tensor x = tensor_of(g["x"]), y = tensor_of(g["y"]);
  double norm = 0;
  for (size_t step = 0; step < 3; ++step) {
    flat.zero_gradients();
    Tape tape;
    const Tensor loss = squared_error(n.net(x), y);
    tape.backward(loss);
    BOOST_TEST(loss.item() == g["losses"][step].get<double>(), boost::test_tools::tolerance(1e-10));
    if (step == 0)
      for (const NamedTensor& t : n.named_tensors())
        if (t.trained) {
          const Tensor expected = tensor_of(g["gradients"][t.name.substr(4)]);
          const auto a = t.tensor->grad().to_vector<double>(), b = expected.to_vector<double>();
          const size_t rows = t.transposed ? size_t(expected.size(0)) : 1, columns = b.size() / rows;
          for (size_t r = 0; r < rows; ++r)
            for (size_t c = 0; c < columns; ++c)
              BOOST_TEST(std::abs(a[t.transposed ? c * rows + r : c] - b[r * columns + c]) < 1e-10, t.name);
        }
    norm = flat.clip_gradients(1.5);
    optimizer->step(0.05);
  }
  // the bias before the batch norm has no gradient but rounding, which Adam blows up to steps of about 1e-9
  BOOST_TEST(norm == g["norm"].get<double>(), boost::test_tools::tolerance(1e-8));
  n.train(false);
  const auto state = state_of(n);
  for (const auto& [name, value] : with_prefix(g["end"])) check_close(state.at(name), value, 1e-8, name);
  check_close(n.net(x), tensor_of(g["evaluated"]), 1e-8, "evaluation");
}

BOOST_AUTO_TEST_CASE(initialisers_have_the_right_spread) {
  const auto deviation = [](Init init) {
    Tensor w = Tensor::empty({300, 500}, DType::float64);
    initialise(w, init, {3, 1, 4});
    return std::sqrt(variance(w).item());
  };
  // the standard error of a standard deviation of 150,000 normal numbers is 0.2%; the tolerance is five of them
  const auto close = boost::test_tools::tolerance(0.01);
  BOOST_TEST(deviation({Init::Distribution::xavier_normal, 2}) == 2 * std::sqrt(2.0 / 800), close);
  BOOST_TEST(deviation({Init::Distribution::xavier_uniform}) == std::sqrt(2.0 / 800), close);
  BOOST_TEST(deviation({Init::Distribution::kaiming_normal}) == std::sqrt(2.0 / 300), close);
  BOOST_TEST(deviation({Init::Distribution::kaiming_uniform}) == std::sqrt(2.0 / 300), close);
  BOOST_TEST(deviation({Init::Distribution::normal, 0.3}) == 0.3, close);
  BOOST_TEST(deviation({Init::Distribution::uniform, 0.6}) == 0.6 / std::sqrt(3.0), close);
  BOOST_TEST(deviation({Init::Distribution::constant, 5}) == 0.0);
  BOOST_CHECK_THROW(init_distribution("xavier"), Error);
}

BOOST_AUTO_TEST_CASE(names_states_and_their_errors) {
  Network n;
  std::vector<std::string> names;
  for (const NamedTensor& t : n.named_tensors()) names.push_back(t.name);
  const std::vector<std::string> expected{"net.0.weight", "net.0.bias",         "net.1.weight",
                                          "net.1.bias",   "net.1.running_mean", "net.1.running_var",
                                          "net.3.weight", "net.3.bias"};
  BOOST_TEST(names == expected);
  BOOST_TEST(n.parameters() == 3 * 4 + 4 + 4 + 4 + 4 * 2 + 2);
  auto state = state_of(n);
  BOOST_TEST((state.at("net.0.weight").shape() == Shape{4, 3}));  // [out, in], as in PyTorch
  state.erase("net.3.bias");
  BOOST_CHECK_EXCEPTION(set_state(n, state), Error, [](const Error& e) {
    return std::string(e.what()).find("net.3.bias") != std::string::npos;
  });
  state = state_of(n);
  state["net.0.weight"] = Tensor::zeros({3, 4}, DType::float64);
  BOOST_CHECK_EXCEPTION(set_state(n, state), Error, [](const Error& e) {
    return std::string(e.what()).find("net.0.weight") != std::string::npos;
  });
  state = state_of(n);
  state["more"] = Tensor::zeros({1}, DType::float64);
  BOOST_CHECK_THROW(set_state(n, state), Error);
}

BOOST_AUTO_TEST_CASE(flat_parameters_are_views_and_padding_stays_zero) {
  Network n;
  FlatParameters flat(n);
  const auto optimizer = make_adam(flat, {});
  for (int step = 0; step < 3; ++step) {
    flat.zero_gradients();
    Tape tape;
    tape.backward(
        squared_error(n.net(Tensor::ones({4, 3}, DType::float64)), Tensor::ones({4, 2}, DType::float64)));
    optimizer->step(0.1);
  }
  double inside = 0, all = 0;
  for (const NamedTensor& t : n.named_tensors()) {
    if (!t.trained) continue;
    BOOST_TEST(reinterpret_cast<uintptr_t>(t.tensor->data<double>()) % 64 == 0U);
    for (double v : t.tensor->to_vector<double>()) inside += v * v;
  }
  for (double v : flat.values().to_vector<double>()) all += v * v;
  BOOST_TEST(inside == all, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(all > 0);
}

BOOST_AUTO_TEST_CASE(dropout_acts_in_training_only) {
  RandomStream stream(1, 2);
  Dropout layer(0.5, stream);
  const Tensor x = Tensor::ones({100, 100});
  const auto dropped = layer(x).to_vector<float>();
  const auto zeros = std::count(dropped.begin(), dropped.end(), 0.f);
  BOOST_TEST(std::abs(double(zeros) - 5000) < 5 * 50);  // five standard errors of a binomial count
  BOOST_TEST(layer(x).to_vector<float>() != dropped);   // a fresh mask each time
  layer.train(false);
  BOOST_TEST(layer(x).same_as(x));
}

BOOST_AUTO_TEST_CASE(an_unknown_activation_lists_the_known_ones) {
  BOOST_CHECK_EXCEPTION(ActivationLayer("swosh"), Error, [](const Error& e) {
    return std::string(e.what()).find("softplus") != std::string::npos;
  });
}
