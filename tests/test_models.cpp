// The models of blocks against PyTorch, their gradients against differences, and what they promise beside.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/parallel.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"
#include "gradcheck.hpp"
#include "nn/blocks.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

const std::vector<std::string> kinds{"residual", "residual_extended", "dense"};

const Json& golden() {
  static const Json all = read_json(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/models.json");
  return all;
}

// A number, a list or a list of lists as a float32 tensor.
Tensor tensor_of(const Json& j) {
  if (j.is_number()) return Tensor::full({}, j.get<double>());
  if (j[0].is_number()) return Tensor::from(j.get<std::vector<float>>(), {int64_t(j.size())});
  std::vector<float> values;
  for (const Json& row : j)
    for (float v : row) values.push_back(v);
  return Tensor::from(values, {int64_t(j.size()), int64_t(j[0].size())});
}

double largest_of(const Json& numbers) {
  double largest = 0;
  for (const Json& value : numbers.flatten()) largest = std::max(largest, std::abs(value.get<double>()));
  return largest;
}

// Each element within 1e-4 of the largest, or of `floor` where all are smaller.
void check_close(const Tensor& got, const Json& want, const std::string& what, double floor = 0.1) {
  const Tensor expected = tensor_of(want);
  BOOST_TEST_REQUIRE((got.shape() == expected.shape()), what);
  const auto a = got.to_vector(), b = expected.to_vector();
  const double largest = std::max(floor, largest_of(want));
  for (size_t i = 0; i < a.size(); ++i)
    BOOST_TEST(std::abs(a[i] - b[i]) <= 1e-4 * largest,
               what << " element " << i << ": " << a[i] << " against " << b[i]);
}

struct Answers {
  Posterior q;
  Tensor y, loss;
};

Answers answers(Cvae& model, const Json& g) {
  const Tensor x = tensor_of(g["x"]), c = tensor_of(g["c"]);
  const Posterior q = model.encode(x, c);
  const Tensor y = model.decode(q.mu + tensor_of(g["noise"]) * exp(0.5 * q.log_var), c);
  return {q, y, squared_error(y, x) + gaussian_kl(q.mu, q.log_var)};
}

void check_answers(const Answers& got, const Json& want, const std::string& what) {
  check_close(got.q.mu, want["mu"], what + " mu");
  check_close(got.q.log_var, want["log_var"], what + " log_var");
  check_close(got.y, want["y"], what + " y");
  check_close(got.loss, want["loss"], what + " loss");
}

std::unique_ptr<Cvae> model_of(const Json& config, uint64_t seed = 1) {
  static RandomStream dropout(1, 1);
  return make_model(Config(config, "test.json", "model"), {3, 3, 6, {}, true}, seed, dropout);
}

Json experiment(const Json& model, int64_t epochs) {
  return {{"name", "small"},
          {"data", {{"source", "swiss_roll"}, {"train_rows", 640}, {"test_rows", 640}}},
          {"model", model},
          {"training", {{"epochs", epochs}}}};
}

LayerStyle style(DType dtype = DType::float32) {
  LayerStyle s;
  s.dtype = dtype;
  return s;
}

// The gradients of a layer with respect to its input and all its parameters, in float64, against differences.
void check_gradients(Layer& layer, int64_t in, int64_t out, const std::string& what) {
  std::vector<Tensor> inputs{normal({5, 1, 1}, {6, in}, 0, 1, DType::float64)};
  std::vector<NamedTensor> parameters;
  for (const NamedTensor& t : layer.named_tensors())
    if (t.trained) {
      parameters.push_back(t);
      inputs.push_back(t.tensor->clone());
    }
  const Function f = [&](const std::vector<Tensor>& all) {
    for (size_t k = 0; k < parameters.size(); ++k) *parameters[k].tensor = all[k + 1];
    return layer(all[0]);
  };
  const Tensor cotangent = normal({5, 1, 2}, {6, out}, 0, 1, DType::float64);
  const auto gradients = tape_gradients(f, inputs, std::vector<bool>(inputs.size(), true), cotangent);
  for (size_t k = 0; k < inputs.size(); ++k) {
    const auto got = at_checked_elements(gradients[k]), want = numerical_gradient(f, inputs, k, cotangent);
    for (size_t i = 0; i < got.size(); ++i)
      BOOST_TEST(std::abs(got[i] - want[i]) <= 1e-7 * (1 + std::abs(want[i])),
                 what << (k ? ", " + parameters[k - 1].name : ", input") << " element " << i << ": " << got[i]
                      << " against " << want[i]);
  }
}

double least(const Tensor& t) {
  const auto v = t.to_vector();
  return *std::min_element(v.begin(), v.end());
}

}  // namespace

BOOST_AUTO_TEST_CASE(answers_and_gradients_are_those_of_pytorch) {
  for (const std::string& kind : kinds) {
    const Json& g = golden()[kind];
    const auto model = model_of(g["model"]);
    std::map<std::string, Tensor> state;
    for (const auto& [name, value] : g["state"].items()) state[name] = tensor_of(value);
    set_state(*model, state);

    model->train(false);
    check_answers(answers(*model, g), g["evaluation"], kind + " in evaluation:");

    model->train();
    FlatParameters flat(*model);
    Tape tape;
    const Answers a = answers(*model, g);
    check_answers(a, g["training"], kind + " in training:");
    tape.backward(a.loss);
    const auto after = state_of(*model);
    for (const NamedTensor& t : model->named_tensors()) {
      if (t.trained) *t.tensor = t.tensor->grad();  // state_of then turns gradients into the layout of PyTorch
    }
    const auto gradients = state_of(*model);
    // A bias before a batch norm has a gradient of rounding errors only, from terms of about the largest gradient.
    const double floor = 0.05 * largest_of(g["gradients"]);
    for (const auto& [name, want] : g["gradients"].items())
      check_close(gradients.at(name), want, kind + " gradient of " + name, floor);
    for (const auto& [name, want] : g["running"].items()) check_close(after.at(name), want, kind + " " + name);
  }
}

BOOST_AUTO_TEST_CASE(gradients_of_blocks_agree_with_differences) {
  RandomStream initialisation(7, 1), dropout(7, 2);
  const LayerStreams streams{initialisation, dropout};
  const LayerStyle s = style(DType::float64);
  const ResidualStyle r{s, 3, false};
  ResidualBlock same(4, 4, true, r, streams), other(4, 5, false, r, streams);
  DenseBlock hidden(4, {3, 2, 5}, s, streams), output(4, {3, 2, 5}, s, streams, s.init);
  for (bool training : {true, false}) {
    const std::string mode = training ? " in training" : " in evaluation";
    for (Layer* layer : std::initializer_list<Layer*>{&same, &other, &hidden, &output}) layer->train(training);
    check_gradients(same, 4, 4, "residual block without projection" + mode);
    check_gradients(other, 4, 5, "residual block with projection" + mode);
    check_gradients(hidden, 4, 5, "dense block" + mode);
    check_gradients(output, 4, 5, "dense block at the end of a net" + mode);
  }
}

// The original's dense blocks lost their last activation to `~True`, which is -2 and so true.
BOOST_AUTO_TEST_CASE(blocks_end_with_their_activation_unless_they_end_a_net) {
  RandomStream initialisation(7, 1), dropout(7, 2);
  const LayerStreams streams{initialisation, dropout};
  const Tensor x = normal({5, 1, 3}, {64, 4});
  BOOST_TEST(least(DenseBlock(4, {3, 2, 5}, style(), streams)(x)) == 0);
  BOOST_TEST(least(DenseBlock(4, {5}, style(), streams)(x)) == 0);
  BOOST_TEST(least(DenseBlock(4, {3, 2, 5}, style(), streams, LinearInit{})(x)) < 0);
  BOOST_TEST(least(ResidualBlock(4, 4, true, ResidualStyle{style(), 3, false}, streams)(x)) == 0);
  BOOST_TEST(least(ResidualBlock(4, 5, true, ResidualStyle{style(), 3, false}, streams)(x)) == 0);
  BOOST_TEST(least(ResidualBlock(4, 5, false, ResidualStyle{style(), 3, false}, streams)(x)) < 0);
  LayerStyle bounded = style();
  bounded.activation = "sigmoid";
  const Tensor y = DenseBlock(4, {3, 2, 5}, bounded, streams)(100 * x);
  BOOST_TEST((least(y) >= 0 && least(-y) >= -1));
  BOOST_CHECK_THROW(DenseBlock(4, {}, style(), streams), Error);

  for (const std::string& kind : kinds) {  // the whole model: its answers may have either sign
    const auto model = model_of(golden()[kind]["model"]);
    const Answers a = answers(*model, golden()[kind]);
    for (const Tensor& t : {a.q.mu, a.q.log_var, a.y}) BOOST_TEST((least(t) < 0 && least(-t) < 0), kind);
  }
}

BOOST_AUTO_TEST_CASE(a_residual_layer_starts_as_its_bypass) {
  RandomStream initialisation(7, 1), dropout(7, 2);
  const LayerStreams streams{initialisation, dropout};
  const Tensor x = normal({5, 1, 3}, {64, 4});
  for (bool batch_norm : {true, false}) {
    ResidualStyle s;
    s.batch_norm = batch_norm;
    BOOST_TEST((ResidualBlock(4, 4, false, s, streams)(x).to_vector() == x.to_vector()));
    BOOST_TEST((ResidualBlock(4, 4, true, s, streams)(x).to_vector() == relu(x).to_vector()));
    s.zero_init_residual = false;
    BOOST_TEST((ResidualBlock(4, 4, false, s, streams)(x).to_vector() != x.to_vector()));
  }
}

BOOST_AUTO_TEST_CASE(the_first_posteriors) {
  const auto first_kl = [](const Json& config) {
    const auto model = model_of(config);
    const Json& g = golden()["dense"];
    const Posterior q = model->encode(tensor_of(g["x"]), tensor_of(g["c"]));
    return gaussian_kl(q.mu, q.log_var).item() / double(model->latents());
  };
  // Near the prior: well below one nat for each latent.
  BOOST_TEST(first_kl({{"kind", "dense"}}) < 0.5);
  BOOST_TEST(first_kl({{"kind", "residual"}}) < 0.5);
  // Heads of identities start with the encoder's features; without zero_init_residual they add much to them.
  const double features = first_kl({{"kind", "residual_extended"}});
  BOOST_TEST(features > 0.5);
  BOOST_TEST(features < 0.1 * first_kl({{"kind", "residual_extended"}, {"zero_init_residual", false}}));
}

// Layers given as [inputs, outputs, outputs, ...]; a Linear has (inputs + 1) outputs, a batch norm 2 more for each output.
BOOST_AUTO_TEST_CASE(left_out_settings_are_the_published_widths) {
  using Widths = std::vector<int64_t>;
  const auto sum = [](const std::vector<Widths>& blocks, auto parameters) {
    int64_t all = 0;
    for (size_t i = 0; i < blocks.size(); ++i) all += parameters(blocks[i], i + 1 == blocks.size());
    return all;
  };
  const auto hidden_dense = [](const Widths& w, bool) {
    int64_t in = w[0], all = 0;
    for (size_t i = 1; i < w.size(); in += w[i++]) all += (in + 3) * w[i];
    return all;
  };
  const auto ending_dense = [&](const Widths& w, bool last) {  // no batch norm behind the last layer
    return hidden_dense(w, last) - (last ? 2 * w.back() : 0);
  };
  BOOST_TEST(model_of({{"kind", "dense"}})->parameters() ==
             sum({{9, 32, 32, 32, 128}, {128, 32, 32, 32, 256}, {256, 32, 32, 32, 512}}, hidden_dense) +
                 2 * sum({{512, 32, 32, 32, 512}, {512, 32, 32, 32, 128}}, ending_dense) +
                 sum({{134, 32, 32, 32, 256}, {256, 32, 32, 32, 128}, {128, 32, 32, 32, 3}}, ending_dense));

  const auto residual = [](const Widths& w) {
    int64_t all = 0;
    for (size_t i = 1; i < w.size(); ++i) {
      all += (w[i - 1] + 3) * 32 + (32 + 3) * w[i];
      if (w[i - 1] != w[i]) all += (w[i - 1] + 1) * w[i];
    }
    return all;
  };
  BOOST_TEST(model_of({{"kind", "residual_extended"}})->parameters() ==
             residual({9, 64, 64, 128, 128, 256, 256, 512, 512}) + 2 * residual({512, 512, 512}) +
                 residual({518, 512, 256, 256, 128, 128, 64, 64, 3}));
}

BOOST_AUTO_TEST_CASE(saved_models_load_to_the_bit) {
  const TemporaryFolder folder;
  for (const std::string& kind : kinds) {
    const Json config = experiment(golden()[kind]["model"], 1);
    Experiment trained{Config(config)};
    Training(trained).epoch([](int64_t) {});
    save_model(folder.path / "model.safetensors", trained, 1);
    Json other = config;
    other["seed"] = 2;
    Experiment loaded{Config(other)};
    load_model(folder.path / "model.safetensors", *loaded.model);
    for (Experiment* e : {&trained, &loaded}) e->model->train(false);
    const Answers a = answers(*trained.model, golden()[kind]), b = answers(*loaded.model, golden()[kind]);
    BOOST_TEST((a.q.mu.to_vector() == b.q.mu.to_vector()));
    BOOST_TEST((a.y.to_vector() == b.y.to_vector()));
  }
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  for (const std::string& kind : kinds) {
    Json model = golden()[kind]["model"];
    model["dropout"] = 0.1;
    std::vector<std::vector<float>> runs;
    for (int threads : {1, 2, 3}) {
      set_num_threads(threads);
      Experiment e{Config(experiment(model, 1))};
      Training training(e);
      training.epoch([](int64_t) {});
      runs.push_back(training.parameters().values().to_vector<float>());
    }
    BOOST_TEST((runs[1] == runs[0]), kind);
    BOOST_TEST((runs[2] == runs[0]), kind);
  }
  set_num_threads(available_threads());
}

BOOST_AUTO_TEST_CASE(the_settings_of_layers_are_used) {
  for (const std::string& kind : kinds) {
    Json plain = golden()[kind]["model"];
    if (kind != "dense") plain["zero_init_residual"] = false;
    plain["batch_norm"] = false;
    plain["activation"] = "identity";
    plain["init"] = {
        {"weights", "constant"}, {"weight_scale", 0}, {"biases", "constant"}, {"bias_scale", 0.25}};
    const auto model = model_of(plain);
    for (const NamedTensor& t : model->named_tensors()) {
      BOOST_TEST(t.name.find("running") == std::string::npos, t.name);
      if (t.name.starts_with("encoder") && t.name.ends_with("bias"))
        BOOST_TEST((t.tensor->to_vector() == std::vector<double>(size_t(t.tensor->numel()), 0.25)), t.name);
    }
    plain["dropout"] = 0.5;
    plain.erase("init");
    const auto dropper = model_of(plain);
    const auto mu = [&] { return answers(*dropper, golden()[kind]).q.mu.to_vector(); };
    BOOST_TEST((mu() != mu()));
  }
}

BOOST_AUTO_TEST_CASE(impossible_settings_are_refused_by_name) {
  const auto refused = [](const char* kind, const char* key, const char* value, const std::string& message) {
    Json config{{"kind", kind}};
    set_setting(config, str(key, "=", value));
    BOOST_TEST(error_of([&] { model_of(config); }) == "test.json: model." + message);
  };
  refused("residual", "encoder", "[64, 0]", "encoder[1]: must be a positive whole number, not 0");
  refused("residual", "latents", "0", "latents: must be a positive whole number, not 0");
  refused("residual", "bottleneck", "0", "bottleneck: must be a positive whole number, not 0");
  refused("residual", "decoder", "64", "decoder: must be a list, not 64");
  refused("residual_extended", "latent", "[]",
          "latent: needs at least one width: the last is the number of latents");
  refused("residual_extended", "latent", "[-3]", "latent[0]: must be a positive whole number, not -3");
  for (const std::string key : {"encoder", "latent", "decoder"})
    refused("dense", key.c_str(), "[]", key + ": needs at least one block, a list of the widths of its layers");
  refused("dense", "encoder", "[[32], []]", "encoder[1]: a block needs the width of at least one layer");
  refused("dense", "latent", "[[]]", "latent[0]: a block needs the width of at least one layer");
  refused("dense", "decoder", "[[], [3]]", "decoder[0]: a block needs the width of at least one layer");
  refused("dense", "decoder", "[[32, 1.5]]", "decoder[0][1]: must be a positive whole number, not 1.5");
  refused("dense", "encoder", "[32]", "encoder[0]: must be a list, not 32");
  const Json unknown = experiment({{"kind", "residual"}, {"latent", {4}}}, 1);
  BOOST_TEST(error_of([&] { Experiment{Config(unknown)}; }) ==
             "model.latent: there is no such setting; did you mean \"latents\"?");
  // The decoder's last block may be empty: the columns of the data alone.
  const auto linear = model_of(Json::parse(R"({"kind": "dense", "latent": [[4]], "decoder": [[]]})"));
  BOOST_TEST((state_of(*linear).at("decoder.0.0.0.weight").shape() == Shape{3, 4 + 6}));
}
