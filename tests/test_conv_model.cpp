// The convolutional CVAE against PyTorch, and what it refuses.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "cvae/model.hpp"
#include "data_helpers.hpp"
#include "golden_case.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

Tensor tensor_of(const nlohmann::json& j) {
  return j.is_null() ? Tensor() : golden_tensor(j).to(DType::float32);
}

void check_close(const Tensor& got, const nlohmann::json& want, const std::string& what) {
  const Tensor expected = golden_tensor(want);
  BOOST_TEST_REQUIRE((got.shape() == expected.shape()), what);
  BOOST_TEST(relative_error(got, expected, 0.1) <= 1e-5, what << ": " << relative_error(got, expected, 0.1));
}

std::unique_ptr<Cvae> model_of(const Json& config, const ImageSize& image, int64_t condition,
                               int64_t inputs = 1) {
  static RandomStream dropout(1, 1);
  const int64_t columns = image.channels * image.height * image.width;
  return make_model(Config(config, "test.json", "model"), {columns, inputs * columns, condition, image}, 1,
                    dropout);
}

}  // namespace

BOOST_AUTO_TEST_CASE(answers_and_gradients_are_those_of_pytorch) {
  const auto golden = golden_file("conv_models.json");
  for (const auto& [name, g] : golden.items()) {
    if (!g.is_object()) continue;
    const Tensor x = tensor_of(g["x"]), c = tensor_of(g["c"]), noise = tensor_of(g["noise"]);
    const auto model =
        model_of(Json(g["model"]), {g["image"][1], g["image"][2], g["image"][0]}, c ? c.size(1) : 0);
    std::map<std::string, Tensor> state;
    for (const auto& [key, value] : g["state"].items()) state[key] = tensor_of(value);
    set_state(*model, state);
    for (const bool training : {false, true}) {
      const std::string mode = name + (training ? " in training: " : " in evaluation: ");
      model->train(training);
      Tape tape;
      const Posterior q = model->encode(x, c);
      const Tensor y = model->decode(q.mu + noise * exp(0.5 * q.log_var), c);
      const Tensor loss = bce_with_logits(y, x) + gaussian_kl(q.mu, q.log_var);
      check_close(q.mu, g["mu"], mode + "mu");
      check_close(q.log_var, g["log_var"], mode + "log_var");
      check_close(y, g["y"], mode + "y");
      check_close(loss, g["loss"], mode + "loss");
      if (training) tape.backward(loss);
    }
    for (const NamedTensor& t : model->named_tensors()) *t.tensor = t.tensor->grad();
    for (const auto& [key, gradient] : state_of(*model))  // which turns them into the layout of PyTorch
      check_close(gradient, g["gradients"].at(key), name + ": gradient of " + key);
  }
}

// Counted by hand from the widths: a convolution has (inputs * taps + 1) outputs, its projection (conditions + 1) outputs.
BOOST_AUTO_TEST_CASE(left_out_settings_are_the_original_widths) {
  const auto count = [](int64_t in, int64_t out, int64_t taps) {
    return (in * taps * out + out) + (15 + 1) * out;
  };
  const int64_t encoder = count(3, 64, 16) + count(64, 128, 16) + count(128, 1024, 16),
                decoder = count(1024, 128, 25) + count(128, 64, 25) + count(64, 3, 36);
  BOOST_TEST(model_of({{"kind", "conv"}}, {28, 28, 3}, 15)->parameters() ==
             encoder + 2 * (1024 + 1) * 10 + (10 + 15 + 1) * 1024 + decoder);
}

// The first parameters follow PyTorch's distribution, U(-1 / sqrt(fan in), 1 / sqrt(fan in)), or the one that is asked for.
BOOST_AUTO_TEST_CASE(initialisation) {
  const auto largest = [](const Tensor& t) {
    double most = 0;
    for (const double v : t.to_vector()) most = std::max(most, std::abs(v));
    return most;
  };
  const auto model = model_of({{"kind", "conv"}}, {28, 28, 3}, 15);
  const std::map<std::string, double> fan_in{{"encoder.1.conv.weight", 64 * 16},
                                             {"encoder.2.conv.bias", 128 * 16},
                                             {"encoder.0.condition.weight", 15},
                                             {"mu.weight", 1024},
                                             {"join.weight", 25},
                                             {"decoder.0.conv.weight", 128 * 25},
                                             {"decoder.1.conv.weight", 64 * 25}};
  int found = 0;
  for (const NamedTensor& t : model->named_tensors()) {
    const auto fan = fan_in.find(t.name);
    if (fan == fan_in.end()) continue;
    ++found;
    const double limit = 1 / std::sqrt(fan->second);
    BOOST_TEST((largest(*t.tensor) <= limit * (1 + 1e-6) && largest(*t.tensor) > 0.98 * limit), t.name);
  }
  BOOST_TEST(found == int(fan_in.size()));
  const auto other = model_of(
      Json::parse(R"({"kind": "conv", "init": {"weights": "constant", "weight_scale": 0.25}})"), {28, 28}, 3);
  BOOST_TEST(largest(*other->named_tensors()[0].tensor) == 0.25);
}

// Where entries may be missing the encoder sees, as further channels, which ones are there.
BOOST_AUTO_TEST_CASE(missing_entries_are_further_channels) {
  const auto model =
      model_of(Json::parse(R"({"kind": "conv", "encoder": [2, 3], "decoder": [3, 2], "latents": 2})"),
               {12, 12, 3}, 0, 2);
  const Tensor input = uniform({1, 1, 1}, {4, 2 * 3 * 144});
  BOOST_TEST((state_of(*model).at("encoder.0.conv.weight").shape() == Shape{2, 6, 4, 4}));
  const Tensor y = model->decode(model->encode(input, {}).mu, {});
  BOOST_TEST((y.shape() == Shape{4, 3 * 144}));
}

BOOST_AUTO_TEST_CASE(impossible_settings_are_refused_by_name) {
  const auto refused = [](const std::string& settings, const ImageSize& image, const std::string& message) {
    Json config = Json::parse(settings);
    config["kind"] = "conv";
    BOOST_TEST(error_of([&] { model_of(config, image, 0); }) == "test.json: model." + message);
  };
  refused("{}", {32, 32}, "decoder: 3 widths make images of 28 x 28 pixels, not 32 x 32");
  refused(R"({"encoder": [8, 8], "decoder": [8, 8]})", {12, 28},
          "decoder: 2 widths make images of 12 x 12 pixels, not 12 x 28");
  refused("{}", {12, 12},
          "encoder: images of 12 x 12 pixels are too small for 3 convolutions of 4x4, stride 2");
  refused(R"({"encoder": []})", {28, 28}, "encoder: needs at least one width");
  refused(R"({"decoder": []})", {28, 28}, "decoder: needs at least one width");
  refused(R"({"encoder": [64, 0]})", {28, 28}, "encoder[1]: must be a positive whole number, not 0");
  refused(R"({"latents": 0})", {28, 28}, "latents: must be a positive whole number, not 0");
  RandomStream dropout(1, 1);
  BOOST_TEST(error_of([&] {
               make_model(Config(Json{{"kind", "conv"}}, "test.json", "model"), {3, 3, 0}, 1, dropout);
             }) == "test.json: model.kind: convolutions are for images, which these data are not");
}
