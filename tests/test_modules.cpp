// Modules: who owns the parameters, what comes too late, which layer is at fault, how a module is printed.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <tuple>

#include "data_helpers.hpp"
#include "nn/blocks.hpp"
#include "nn/nn.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

struct Net : Module {
  RandomStream random{1, 0};
  Sequential body;
  Net() {
    body.emplace<Linear>(2, 3, random);
    auto inner = std::make_unique<Sequential>();
    inner->emplace<Linear>(3, 4, random);
    inner->emplace<ActivationLayer>("tanh");
    body.add(std::move(inner));
    submodule("body", body);
  }
  Sequential& inner() { return dynamic_cast<Sequential&>(body[1]); }
  void late_parameter() { parameter("scale", scale_); }

 private:
  Tensor scale_ = Tensor::ones({3});
};

const std::string advice =
    " comes too late and would not be trained: FlatParameters has collected the parameters of this ";
const std::string do_this = " already; add all layers before making FlatParameters";

}  // namespace

// ---- who owns what --------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_optimiser_outlives_what_it_was_made_from) {
  for (const bool adam : {false, true}) {
    Net net;
    std::optional<FlatParameters> flat(net);
    const auto optimizer = adam ? make_adam(*flat, {}) : make_sgd(*flat, {});
    flat->gradients().fill_(1);
    flat.reset();
    const auto before = state_of(net);
    optimizer->step(0.125);  // both move by the learning rate
    for (const auto& [name, value] : state_of(net))
      for (size_t i = 0; i < value.to_vector().size(); ++i)
        BOOST_TEST(std::abs(before.at(name).to_vector()[i] - value.to_vector()[i] - 0.125) < 1e-6, name);
  }
}

BOOST_AUTO_TEST_CASE(an_optimiser_outlives_the_module) {
  auto net = std::make_unique<Net>();
  FlatParameters flat(*net);
  const auto optimizer = make_adam(flat, {});
  const Tensor weight = *net->named_tensors().front().tensor;
  flat.gradients().fill_(1);
  net.reset();
  const double before = weight.to_vector().front();
  optimizer->step(0.125);
  BOOST_TEST(std::abs(before - weight.to_vector().front() - 0.125) < 1e-6);
}

// ---- what comes too late --------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(layers_that_come_too_late_are_an_error_at_any_depth) {
  Net net;
  const FlatParameters flat(net);
  BOOST_TEST(error_of([&] { net.body.emplace<Linear>(4, 5, net.random); }) ==
             "[submodule] body.2 (Linear(4, 5))" + advice + "Sequential" + do_this);
  BOOST_TEST(error_of([&] { net.inner().emplace<BatchNorm1d>(4); }) ==
             "[submodule] body.1.2 (BatchNorm1d(4))" + advice + "Sequential" + do_this);
  BOOST_TEST(error_of([&] { net.late_parameter(); }) ==
             "[parameter] scale (of shape [3])" + advice + "Net" + do_this);
  BOOST_TEST(net.body.size() == 2U);  // nothing was half done
  BOOST_TEST(net.inner().size() == 2U);
  BOOST_TEST(net.named_tensors().size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_module_is_open_again_when_nobody_trains_it) {
  Net net;
  {
    std::unique_ptr<Optimizer> optimizer;
    {
      FlatParameters flat(net);
      optimizer = make_adam(flat, {});
    }
    BOOST_TEST(error_of([&] { net.body.emplace<Linear>(4, 5, net.random); }) != "no error");
  }
  const auto before = state_of(net);
  net.body.emplace<Linear>(4, 5, net.random);
  const FlatParameters flat(net);
  BOOST_TEST(flat.list().size() == 6U);
  for (const auto& [name, value] : before) BOOST_TEST(state_of(net).at(name).to_vector() == value.to_vector());
}

BOOST_AUTO_TEST_CASE(a_second_home_is_an_error) {
  Net net;
  const FlatParameters flat(net);
  const std::string way_out = ": use that one, or let both go first";
  const std::string still =
      "[FlatParameters] another FlatParameters, or an optimiser made from it, still trains ";
  BOOST_TEST(error_of([&] { FlatParameters second(net); }) == still + "this Net" + way_out);
  BOOST_TEST(error_of([&] { FlatParameters second(net.body); }) == still + "this Sequential" + way_out);
  struct Outer : Module {
    explicit Outer(Module& net) { submodule("net", net); }
  } outer(net);
  BOOST_TEST(error_of([&] { FlatParameters second(outer); }) == still + "net" + way_out);
  for (const NamedTensor& t : net.named_tensors()) BOOST_TEST(bool(t.tensor->grad()));
}

BOOST_AUTO_TEST_CASE(all_parameters_have_one_dtype) {
  RandomStream random(1, 0);
  Sequential net;
  net.emplace<Linear>(2, 3, random);
  net.emplace<Linear>(3, 4, random, DType::float64);
  const auto before = state_of(net);
  BOOST_TEST(error_of([&] { FlatParameters flat(net); }) ==
             "[FlatParameters] 1.weight is float64, 0.weight is float32: all parameters must have one dtype");
}

BOOST_AUTO_TEST_CASE(where_the_parameters_lie) {
  Net net;
  FlatParameters flat(net);
  const auto tensors = net.named_tensors();
  BOOST_TEST_REQUIRE(flat.list().size() == tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const FlatParameter& p = flat.list()[i];
    BOOST_TEST(p.name == tensors[i].name);
    BOOST_TEST((p.shape == tensors[i].tensor->shape() && p.numel == p.shape.numel()));
    BOOST_TEST(flat.values().data<float>() + p.first == tensors[i].tensor->data<float>());
  }
}

// ---- a layer and its ReLU -------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_layer_and_its_relu_are_one_op_of_the_same_bits) {
  const auto check = [](Sequential& net, const Tensor& x) {
    FlatParameters parameters(net);
    // What `apply` makes of x, the gradients of all parameters, and how many ops that was.
    const auto run = [&](auto apply) {
      Tape tape;
      parameters.zero_gradients();
      const Tensor y = apply(x), loss = sum(square(y));
      const size_t ops = tape.nodes();
      tape.backward(loss);
      return std::tuple{y.to_vector(), parameters.gradients().to_vector(), ops};
    };
    const auto [y, dy, ops] = run([&](const Tensor& t) { return net(t); });
    const auto [y_apart, dy_apart, ops_apart] = run([&](Tensor t) {
      for (size_t i = 0; i < net.size(); ++i) t = net[i](t);
      return t;
    });
    BOOST_TEST((y == y_apart && dy == dy_apart));
    BOOST_TEST(ops + 1 == ops_apart);
    BOOST_TEST(std::count(y.begin(), y.end(), 0.0) > 0);  // there was something to cut off
  };
  RandomStream random(1, 0);
  const Init around_one{Init::Distribution::normal, 0.5, 1};
  Sequential columns;
  columns.emplace<Linear>(3, 21, random);
  columns.emplace<BatchNorm1d>(21, around_one, random);
  columns.emplace<ActivationLayer>("relu");
  check(columns, uniform({1, 2, 3}, {11, 3}, -1, 1));
  Sequential product;
  product.emplace<Linear>(3, 21, random);
  product.emplace<ActivationLayer>("relu");
  check(product, uniform({1, 2, 3}, {11, 3}, -1, 1));
  Sequential images;
  images.emplace<BatchNorm2d>(4, around_one, random);
  images.emplace<ActivationLayer>("relu");
  check(images, uniform({1, 2, 3}, {3, 4, 5, 6}, -1, 1));
}

// ---- which layer ----------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_error_names_the_layer) {
  RandomStream random(1, 0);
  Sequential net;
  net.emplace<Linear>(2, 32, random);
  net.emplace<ActivationLayer>("tanh");
  net.emplace<Linear>(16, 1, random);
  const std::string plain = error_of([&] { net[2](Tensor::zeros({4, 32})); });
  BOOST_TEST(error_of([&] {
               net(Tensor::zeros({4, 2}));
             }) == plain + " (in layer 2 of a Sequential, Linear(16, 1))");
  BOOST_TEST(contains(error_of([&] {
                        net(Tensor::zeros({4, 3}));
                      }),
                      "(in layer 0 of a Sequential, Linear(2, 32))"));
}

BOOST_AUTO_TEST_CASE(an_error_names_the_layer_of_a_layer) {
  RandomStream random(1, 0);
  auto inner = std::make_unique<Sequential>();
  inner->emplace<Linear>(5, 1, random);
  auto middle = std::make_unique<Sequential>();
  middle->emplace<ActivationLayer>("relu");
  middle->add(std::move(inner));
  Sequential net;
  net.emplace<Linear>(2, 4, random);
  net.add(std::move(middle));
  const std::string message = error_of([&] { net(Tensor::zeros({4, 2})); });
  BOOST_TEST(message.ends_with("(in layer 1.1.0 of a Sequential, Linear(5, 1))"), message);
}

// Where a part between two Sequentials has a name of its own, the path is that of named_tensors().
BOOST_AUTO_TEST_CASE(an_error_names_the_layer_of_a_block) {
  RandomStream random(1, 0), dropout(1, 1);
  Sequential net;
  net.emplace<ActivationLayer>("identity");
  net.emplace<ResidualBlock>(4, 4, true, ResidualStyle{}, LayerStreams{random, dropout});
  const std::string message = error_of([&] { net(Tensor::zeros({8, 3})); });
  BOOST_TEST(message.ends_with("(in layer 1.main.0 of a Sequential, Linear(4, 32))"), message);
  BOOST_TEST(contains(net.named_tensors().front().name, "1.main.0."));
}

// ---- printing -------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_module_prints_its_layers) {
  const Net net;
  BOOST_TEST(str(net) ==
             "Net, 25 parameters\n"
             "  body: Sequential, 25 parameters\n"
             "    0: Linear(2, 3), 9 parameters\n"
             "    1: Sequential, 16 parameters\n"
             "      0: Linear(3, 4), 16 parameters\n"
             "      1: tanh\n");
  RandomStream random(1, 0);
  Sequential images;
  images.emplace<Conv2d>(1, 8, ConvSettings{.kernel = {3, 5}, .padding = 1}, random);
  images.emplace<BatchNorm2d>(8);
  images.emplace<MaxPool2d>(2);
  images.emplace<AdaptiveAvgPool2d>(1);
  images.emplace<Flatten>();
  images.emplace<Dropout>(0.5, random);
  BOOST_TEST(str(images) ==
             "Sequential, 144 parameters\n"
             "  0: Conv2d(1, 8, kernel 3x5, stride 1x1, padding 1x1), 128 parameters\n"
             "  1: BatchNorm2d(8), 16 parameters\n"
             "  2: MaxPool2d(kernel 2x2, stride 2x2, padding 0x0)\n"
             "  3: AdaptiveAvgPool2d(1x1)\n"
             "  4: Flatten\n"
             "  5: Dropout(0.5)\n");
}

// ---- first weights --------------------------------------------------------------------------------------------------

// U(-a, a) has the mean 0, the variance a^2 / 3 and, of x^2, the standard deviation a^2 sqrt(1/5 - 1/9).
BOOST_AUTO_TEST_CASE(linear_starts_as_in_pytorch) {
  const int64_t in = 64, out = 4000;
  RandomStream random(7, 0);
  const Linear layer(in, out, random);
  const double a = 1 / std::sqrt(double(in));
  for (const Tensor& t : {layer.weight, layer.bias}) {
    const auto values = t.to_vector();
    const double n = double(values.size());
    double sum = 0, squares = 0, largest = 0;
    for (const double v : values) {
      sum += v;
      squares += v * v;
      largest = std::max(largest, std::abs(v));
    }
    const double mean_error = a / std::sqrt(3 * n), square_error = a * a * std::sqrt((1. / 5 - 1. / 9) / n);
    BOOST_TEST(std::abs(sum / n) < 4 * mean_error);
    BOOST_TEST(std::abs(squares / n - a * a / 3) < 4 * square_error);
    BOOST_TEST(largest <= a);
    BOOST_TEST(largest > a * (1 - 10 / n));  // all n stay below that with a probability of e^-10
  }
  RandomStream again(7, 0);
  const Linear same(in, out, again), next(in, out, again);
  BOOST_TEST(same.weight.to_vector() == layer.weight.to_vector());
  BOOST_TEST(same.bias.to_vector() == layer.bias.to_vector());
  BOOST_TEST(next.weight.to_vector() != layer.weight.to_vector());
}

BOOST_AUTO_TEST_CASE(batch_norm_starts_as_in_pytorch) {
  const BatchNorm1d layer(3);
  BOOST_TEST(layer.weight.to_vector() == std::vector<double>(3, 1));
  BOOST_TEST(layer.bias.to_vector() == std::vector<double>(3, 0));
  BOOST_TEST(layer.running_mean.to_vector() == std::vector<double>(3, 0));
  BOOST_TEST(layer.running_var.to_vector() == std::vector<double>(3, 1));
}
