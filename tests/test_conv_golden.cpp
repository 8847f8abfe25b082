// The ops on images and the layers made of them, against what PyTorch computes: tests/golden/make_conv.py wrote
// conv.json.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/streams.hpp"
#include "nn/nn.hpp"
#include "tests/golden_case.hpp"

using namespace elbow;
using namespace elbow::test;
using nlohmann::json;

namespace {

const json& golden() {
  static const json file = golden_file("conv.json");
  return file;
}

void check(const std::string& name, const Function& f) { check_case(golden(), name, f); }

Extent extent(const json& j) {
  return j.is_array() ? Extent(j[0].get<int64_t>(), j[1].get<int64_t>()) : Extent(j.get<int64_t>());
}

}  // namespace

BOOST_AUTO_TEST_CASE(convolutions) {
  for (const char* kind :
       {"plain", "strided", "not_square", "one_by_one", "one_by_one_strided", "kernel_is_image",
        "kernel_is_padded_image", "one_row", "many_rows", "first_layer"}) {
    const std::string name = std::string("conv2d_") + kind;
    const Extent stride = extent(golden().at(name).at("stride")),
                 padding = extent(golden().at(name).at("padding"));
    check(name, [&](const auto& in) { return conv2d(in[0], in[1], in[2], stride, padding); });
  }
  check("conv2d_no_bias", [](const auto& in) { return conv2d(in[0], in[1], 1, 2); });
  check("conv2d_bias_of_rows", [](const auto& in) { return conv2d(in[0], in[1], in[2], 2, 1); });
}

BOOST_AUTO_TEST_CASE(transposed_convolutions) {
  for (const char* kind : {"plain", "strided", "not_square", "one_by_one", "of_one_pixel",
                           "kernel_less_than_stride", "one_row", "many_rows", "last_layer"}) {
    const std::string name = std::string("conv_transpose2d_") + kind;
    const json& c = golden().at(name);
    const Extent stride = extent(c.at("stride")), padding = extent(c.at("padding")),
                 more = extent(c.at("output_padding"));
    check(name, [&](const auto& in) { return conv_transpose2d(in[0], in[1], in[2], stride, padding, more); });
  }
  check("conv_transpose2d_no_bias", [](const auto& in) { return conv_transpose2d(in[0], in[1], 2); });
  check("conv_transpose2d_bias_of_rows",
        [](const auto& in) { return conv_transpose2d(in[0], in[1], in[2], 2, 1); });
}

BOOST_AUTO_TEST_CASE(pooling) {
  check("max_pool2d", [](const auto& in) { return max_pool2d(in[0], 2); });
  check("max_pool2d_padded", [](const auto& in) { return max_pool2d(in[0], {3, 2}, {2, 1}, {1, 0}); });
  check("max_pool2d_ties", [](const auto& in) { return max_pool2d(in[0], 3, 2, 1); });
  check("avg_pool2d", [](const auto& in) { return avg_pool2d(in[0], 2); });
  check("avg_pool2d_padded", [](const auto& in) { return avg_pool2d(in[0], 3, 1, 1); });
  check("avg_pool2d_padding_not_counted", [](const auto& in) {
    return avg_pool2d(in[0], {3, 2}, {2, 1}, {1, 1}, false);
  });
  for (const char* kind : {"one", "even", "uneven", "larger"}) {
    const std::string name = std::string("adaptive_avg_pool2d_") + kind;
    check(name,
          [&](const auto& in) { return adaptive_avg_pool2d(in[0], extent(golden().at(name).at("out"))); });
  }
}

BOOST_AUTO_TEST_CASE(not_a_number_stays_one_in_max_pool2d) {
  const Tensor x = Tensor::from<double>({1, NAN, 3, 2}, {1, 1, 2, 2});
  BOOST_TEST(std::isnan(max_pool2d(x, 2).item()));
}

BOOST_AUTO_TEST_CASE(other_sizes) {
  for (const char* kind : {"same", "larger", "smaller", "mixed"}) {
    const std::string name = std::string("resize_bilinear_") + kind;
    check(name, [&](const auto& in) { return resize_bilinear(in[0], extent(golden().at(name).at("out"))); });
  }
  check("pad", [](const auto& in) { return pad(in[0], 1, 0, 2, 3); });
}

BOOST_AUTO_TEST_CASE(batch_norm_of_channels_and_its_running_statistics) {
  for (bool training : {true, false}) {
    const std::string name = training ? "batch_norm2d_training" : "batch_norm2d_evaluation";
    const auto &before = golden().at(name).at("running_before"), &after = golden().at(name).at("running_after");
    check(name, [&](const std::vector<Tensor>& in) {
      const DType dtype = in[0].dtype();
      Tensor mean = golden_tensor(before[0]).to(dtype), var = golden_tensor(before[1]).to(dtype);
      const Tensor y = batch_norm2d(in[0], in[1], in[2], mean, var, training, 0.1, 1e-5);
      const double tolerance = dtype == DType::float64 ? 1e-13 : 1e-6;
      BOOST_TEST(relative_error(mean, golden_tensor(after[0])) <= tolerance);
      BOOST_TEST(relative_error(var, golden_tensor(after[1])) <= tolerance);
      return y;
    });
  }
}

// ---- layers -------------------------------------------------------------------------------------------------

namespace {

/// The network of make_conv.py, with its names.
class Network : public Module {
 public:
  explicit Network(DType dtype)
      : stream_{1, stream::initialisation},
        first(
            std::make_unique<Conv2d>(2, 4, ConvSettings{3, 2, 1}, torch_default, torch_default, stream_, dtype),
            3, torch_default, torch_default, stream_, dtype),
        norm(4, {Init::Distribution::constant, 1}, stream_, 0.1, 1e-5, dtype),
        second(4, 3, ConvSettings{2}, torch_default, torch_default, stream_, dtype),
        last(std::make_unique<ConvTranspose2d>(3, 2, ConvSettings{3, 2, 1, 1}, torch_default, torch_default,
                                               stream_, dtype),
             3, torch_default, torch_default, stream_, dtype) {
    submodule("first", first);
    submodule("norm", norm);
    submodule("second", second);
    submodule("last", last);
  }
  Tensor forward(const Tensor& x, const Tensor& c) {
    Tensor h = MaxPool2d(2, 1).forward(relu(norm(first.forward(x, c))));
    h = last.forward(AvgPool2d(2, 1).forward(second(h)), c);
    return Flatten().forward(AdaptiveAvgPool2d({3, 2}).forward(h));
  }

 private:
  RandomStream stream_;
  ConditionedConv first;
  BatchNorm2d norm;
  Conv2d second;
  ConditionedConv last;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_network_of_layers_and_its_file) {
  const json& c = golden().at("network");
  for (DType dtype : {DType::float64, DType::float32}) {
    const double tolerance = dtype == DType::float64 ? 1e-11 : 1e-5, floor = dtype == DType::float64 ? 1e-3 : 1;
    const auto same = [&](const Tensor& got, const json& want, const std::string& what) {
      BOOST_TEST(relative_error(beside_one(got), beside_one(golden_tensor(want)), floor) <= tolerance,
                 what << " in " << name_of(dtype) << ": "
                      << relative_error(beside_one(got), beside_one(golden_tensor(want)), floor));
    };
    Network net(dtype);
    std::map<std::string, Tensor> state;  // the layout of PyTorch's file
    for (const auto& [name, value] : c.at("state").items()) state[name] = golden_tensor(value).to(dtype);
    set_state(net, state);
    for (const auto& [name, value] : state_of(net)) BOOST_TEST((value.shape() == state.at(name).shape()), name);

    Tensor x = golden_tensor(c.at("inputs")[0]).to(dtype),
           condition = golden_tensor(c.at("inputs")[1]).to(dtype);
    x.set_requires_grad();
    condition.set_requires_grad();
    Tape tape;
    const Tensor y = net.forward(x, condition);
    same(y, c.at("output"), "output");
    tape.backward(y, golden_tensor(c.at("cotangent")).to(dtype));
    for (const NamedTensor& t : net.named_tensors())
      if (t.trained) same(t.tensor->grad(), c.at("gradients").at(t.name), "gradient of " + t.name);
    same(x.grad(), c.at("input_gradients")[0], "gradient of x");
    same(condition.grad(), c.at("input_gradients")[1], "gradient of the condition");

    net.train(false);
    const NoGrad no_grad;
    same(net.forward(x, condition), c.at("evaluated"), "evaluation");
  }
}

// Largest and typical sizes of many draws: the limits of a uniform distribution, within what chance does to them. Of n draws from
// [-a, a] the largest lies below a (1 - 10 / n) with probability e^-10; the deviation has a standard error of a quarter
// of a percent for 7680 of them.
BOOST_AUTO_TEST_CASE(the_default_initialisation_of_pytorch) {
  RandomStream stream{3, stream::initialisation};
  const Conv2d conv(16, 32, {{3, 5}}, torch_default, torch_default, stream);
  const ConvTranspose2d transposed(16, 32, {{3, 5}}, torch_default, torch_default, stream);
  const Linear linear(40, 4000, torch_default, torch_default, stream);
  const auto largest = [](const Tensor& t) {
    double most = 0;
    for (double v : t.to_vector()) most = std::max(most, std::abs(v));
    return most;
  };
  const auto check_distribution = [&](const Tensor& t, double limit) {
    BOOST_TEST(largest(t) <= limit);
    BOOST_TEST(largest(t) >= limit * (1 - 10 / double(t.numel())));
    BOOST_TEST(std::sqrt(variance(t).item()) == limit / std::sqrt(3), boost::test_tools::tolerance(0.02));
  };
  check_distribution(conv.weight, 1 / std::sqrt(16 * 15.0));
  check_distribution(transposed.weight, 1 / std::sqrt(32 * 15.0));
  check_distribution(linear.bias, 1 / std::sqrt(40.0));
  BOOST_TEST(largest(conv.bias) <= 1 / std::sqrt(16 * 15.0));
  BOOST_TEST(largest(transposed.bias) <= 1 / std::sqrt(32 * 15.0));
  for (const ConvolutionLayer* layer :
       {static_cast<const ConvolutionLayer*>(&conv), static_cast<const ConvolutionLayer*>(&transposed)}) {
    const json& c = golden().at("default_initialisation").at(layer == &conv ? "Conv2d" : "ConvTranspose2d");
    BOOST_TEST((layer->weight.shape() == Shape(c.at("shape").get<std::vector<int64_t>>())));
    BOOST_TEST(largest(layer->weight) == c.at("weight").get<double>(), boost::test_tools::tolerance(0.01));
    BOOST_TEST(std::sqrt(variance(layer->weight).item()) == c.at("deviation").get<double>(),
               boost::test_tools::tolerance(0.02));
  }
}
