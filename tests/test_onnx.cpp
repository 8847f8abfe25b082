// ONNX files, read back by a reader of the wire format that knows nothing of the writer; what becomes of the number of rows, of
// constants, of ops without a form there; and models of every kind. With ELBOW_ONNX_TO=FOLDER, ops and models are also written
// there with inputs and outputs, for another runtime to repeat (tests/onnx.sh).
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "autograd/onnx/trace.hpp"
#include "autograd/operators.hpp"
#include "autograd/registry.hpp"
#include "autograd/tape.hpp"
#include "base/protobuf.hpp"
#include "cvae/onnx_export.hpp"
#include "data_helpers.hpp"
#include "idx_helpers.hpp"
#include "nn/blocks.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// The fields of a message by number: whole numbers, or bytes.
struct Message {
  std::map<uint32_t, std::vector<uint64_t>> numbers;
  std::map<uint32_t, std::vector<std::string>> bytes;

  explicit Message(const std::string& text) {
    size_t at = 0;
    const auto byte = [&] {
      if (at == text.size()) throw Error("the message ends within a field");
      return uint8_t(text[at++]);
    };
    const auto varint = [&] {
      uint64_t value = 0;
      for (int shift = 0;; shift += 7) {
        const uint64_t b = byte();
        value |= (b & 127) << shift;
        if (b < 128) return value;
      }
    };
    while (at < text.size()) {
      const uint64_t key = varint(), length = key % 8 == 2 ? varint() : key % 8 == 5 ? 4 : 0;
      if (key % 8 == 0) {
        numbers[uint32_t(key / 8)].push_back(varint());
        continue;
      }
      if (key % 8 != 2 && key % 8 != 5) throw Error("a wire type that is not written");
      if (length > text.size() - at) throw Error("a length beyond the end");
      bytes[uint32_t(key / 8)].push_back(text.substr(at, length));
      at += length;
    }
  }
  Message in(uint32_t field, size_t i = 0) const { return Message(bytes.at(field).at(i)); }
  size_t count(uint32_t field) const { return bytes.contains(field) ? bytes.at(field).size() : 0; }
  std::string text(uint32_t field, size_t i = 0) const { return bytes.at(field).at(i); }
  uint64_t number(uint32_t field) const { return numbers.at(field).at(0); }
};

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes)
    text += "0123456789ABCDEF"[uint8_t(c) / 16], text += "0123456789ABCDEF"[uint8_t(c) % 16];
  return text;
}

OnnxModel model_of(const std::function<Tensor(const Tensor&)>& f, int64_t columns = 3) {
  return onnx_model({rows_input("x", columns, "the rows")},
                    [&](const std::vector<Tensor>& in) -> std::vector<OnnxOutput> {
                      return {{"y", "", f(in[0])}};
                    },
                    {"test", "1", {}, {}});
}
// The operators of a file.
std::vector<std::string> operators(const OnnxModel& model) {
  const Message graph = Message(model.file).in(7);
  std::vector<std::string> types;
  for (size_t i = 0; i < graph.count(1); ++i) types.push_back(graph.in(1, i).text(4));
  return types;
}
using Types = std::vector<std::string>;

Json json_of(const Tensor& t) {
  Json values = Json::array(), sizes = Json::array();
  for (const double v : t.to_vector<double>()) values.push_back(json_number(v));
  for (const int64_t size : t.shape().sizes()) sizes.push_back(size);
  return {{"sizes", sizes}, {"values", values}};
}

// Writes a case for another runtime, if asked to.
void write_case(const std::string& name, const OnnxModel& model, const Json& inputs, const Json& outputs) {
  const char* folder = std::getenv("ELBOW_ONNX_TO");
  if (!folder) return;
  write_bytes(std::filesystem::path(folder) / (name + ".onnx"), model.file);
  write_bytes(std::filesystem::path(folder) / (name + ".json"),
              Json{{"inputs", inputs}, {"outputs", outputs}}.dump());
}

}  // namespace

BOOST_AUTO_TEST_CASE(fields_are_encoded_as_the_wire_format_says) {
  BOOST_TEST(hex(ProtobufMessage().number(1, 150).bytes()) ==
             "089601");  // the example of the format's own documentation
  BOOST_TEST(hex(ProtobufMessage().text(2, "testing").bytes()) == "120774657374696E67");
  BOOST_TEST(hex(ProtobufMessage().message(3, ProtobufMessage().number(1, 150)).bytes()) == "1A03089601");
  BOOST_TEST(hex(ProtobufMessage().number(1, 0).number(1, 127).number(16, 128).bytes()) == "0800087F80018001");
  BOOST_TEST(hex(ProtobufMessage().number(1, -1).bytes()) == "08FFFFFFFFFFFFFFFFFF01");
  BOOST_TEST(hex(ProtobufMessage().real(2, 1.0f).bytes()) == "150000803F");
}

BOOST_AUTO_TEST_CASE(a_file_reads_back) {
  RandomStream random(1, 0);
  Linear layer(3, 2, random);
  OnnxAbout about{"net", "7", {{"key", "a text"}}, {}};
  for (const NamedTensor& t : layer.named_tensors()) about.names.emplace_back(t.name, *t.tensor);
  const OnnxModel made = onnx_model(
      {rows_input("x", 3, "the rows"), rows_input("unused", 1, "")},
      [&](const std::vector<Tensor>& in) -> std::vector<OnnxOutput> {
        return {{"y", "", leaky_relu(layer(in[0]), 0.25)}};
      },
      about);
  const Message file(made.file), graph = file.in(7);
  BOOST_TEST(file.number(1) == 8);  // ir_version
  BOOST_TEST(file.text(2) == "elbow");
  BOOST_TEST(file.text(3) == "7");
  BOOST_TEST(file.in(8).number(2) == 17);  // opset_import
  BOOST_TEST(file.in(14).text(1) == "key");
  BOOST_TEST(file.in(14).text(2) == "a text");
  BOOST_TEST((operators(made) == Types{"Gemm", "LeakyRelu", "Identity"}));
  const Message gemm = graph.in(1, 0), leaky = graph.in(1, 1);
  BOOST_TEST((gemm.bytes.at(1) == Types{"x", "weight", "bias"}));
  BOOST_TEST(leaky.text(1) == gemm.text(2));
  BOOST_TEST(leaky.in(5).text(1) == "alpha");
  BOOST_TEST(hex(leaky.in(5).text(2)) == "0000803E");  // 0.25
  BOOST_TEST(leaky.in(5).number(20) == 1);             // FLOAT
  BOOST_REQUIRE(graph.count(5) == 2);
  for (size_t i = 0; i < 2; ++i) {
    const Message constant = graph.in(5, i);
    const Tensor& t = i == 0 ? layer.weight : layer.bias;
    BOOST_TEST(constant.text(8) == (i == 0 ? "weight" : "bias"));
    BOOST_TEST(
        (constant.numbers.at(1) == std::vector<uint64_t>(t.shape().sizes().begin(), t.shape().sizes().end())));
    BOOST_TEST(constant.number(2) == 1);  // FLOAT
    BOOST_TEST(std::memcmp(constant.text(9).data(), t.data<float>(), size_t(t.numel()) * 4) == 0);
  }
  BOOST_REQUIRE(graph.count(11) == 1);  // what is not used is no input
  const Message port = graph.in(11), type = port.in(2).in(1);
  BOOST_TEST(port.text(1) == "x");
  BOOST_TEST(port.text(3) == "the rows");
  BOOST_TEST(type.number(1) == 1);
  BOOST_TEST(type.in(2).in(1, 0).text(2) == "rows");
  BOOST_TEST(type.in(2).in(1, 1).number(1) == 3);
  BOOST_TEST((made.outputs[0].sizes == std::vector<int64_t>{-1, 2}));
}

BOOST_AUTO_TEST_CASE(the_number_of_rows_is_no_constant) {
  BOOST_TEST((operators(model_of([](const Tensor& x) {
                return reshape(x, {x.size(0), 1, 3});
              })) == Types{"Reshape", "Identity"}));
  BOOST_TEST((model_of([](const Tensor& x) {
                return reshape(x, {x.numel(), 1});
              })
                  .outputs[0]
                  .sizes == std::vector<int64_t>{-1, 1}));
  const Tensor row = normal({1, 1, 1}, {1, 2});
  BOOST_TEST((operators(model_of([&](const Tensor& x) {
                return concat(x, broadcast_to(row, {x.size(0), 2}), 1);
              })) == Types{"Shape", "Gather", "Concat", "Expand", "Concat", "Identity"}));
  // One number for each row may be one for all.
  BOOST_TEST((operators(model_of([](const Tensor& x) {
                return x + Tensor::ones({x.size(0), 1});
              })) == Types{"Add", "Identity"}));
  const auto refused = [](const std::function<Tensor(const Tensor&)>& f, const std::string& why) {
    const std::string message = error_of([&] { model_of(f); });
    BOOST_TEST(contains(message, why), message);
  };
  refused([](const Tensor& x) { return x + x.detach(); }, "not computed by ops");
  refused([](const Tensor& x) { return concat(x, Tensor::ones({x.size(0), 1}), 1); }, "not computed by ops");
  refused([](const Tensor& x) { return mul(x, Tensor::full({}, x.at(0, 0))); }, "not computed by ops");
  refused([](const Tensor& x) { return slice(x, 0, 0, x.size(0) - 1); }, "onnx");
  refused(
      [](const Tensor& x) {
        return reshape(x, {x.numel()}).reshape({x.size(0) == 2 ? 1 : 3, -1});
      },
      "a shape is");
  refused([](const Tensor& x) { return x.size(0) == 2 ? exp(x) : tanh(x); }, "another course");
  refused([](const Tensor& x) { return variance(x, 1, true); }, "the op variance has no form in ONNX");
  refused(
      [](const Tensor& x) {
        Tensor mean = Tensor::zeros({3}), variance = Tensor::ones({3});
        return batch_norm(x, variance, mean, mean, variance, true);
      },
      "in training mode");
}

BOOST_AUTO_TEST_CASE(what_no_input_reaches_is_a_constant) {
  const Tensor w = normal({1, 1, 1}, {3, 2});
  const OnnxModel model = model_of([&](const Tensor& x) { return matmul(x, exp(w) + exp(w)); });
  BOOST_TEST((operators(model) == Types{"MatMul", "Identity"}));
  BOOST_TEST(Message(model.file).in(7).count(5) == 1);
}

BOOST_AUTO_TEST_CASE(ops_on_their_samples) {
  int64_t written = 0;
  std::set<std::string> names;
  for (const OpInfo& info : all_ops()) {
    size_t number = 0;
    for (const OpSample& sample : info.samples) {
      const std::vector<Tensor> inputs = draw_inputs(sample.inputs, info.kinks, 3, DType::float32);
      const bool none = std::ranges::any_of(inputs, [](const Tensor& t) { return t.numel() == 0; });
      const bool training = info.name.starts_with("batch_norm") && sample.note.starts_with("training");
      if (!sample.call.rule->onnx || none || training) continue;
      std::vector<OnnxInput> in;
      Json values;
      for (size_t i = 0; i < inputs.size(); ++i) {
        in.push_back({str("x", i), "", inputs[i], inputs[i]});
        values[str("x", i)] = json_of(inputs[i]);
      }
      const OnnxModel model = onnx_model(in,
                                         [&](const std::vector<Tensor>& x) -> std::vector<OnnxOutput> {
                                           return {{"y", "", sample.call(x)}};
                                         },
                                         {info.name, "1", {}, {}});
      BOOST_TEST(Message(model.file).in(7).count(12) == 1);
      write_case(str("op_", info.name, '_', number++), model, values, {{"y", json_of(sample.call(inputs))}});
      names.insert(info.name);
      ++written;
    }
  }
  BOOST_TEST_MESSAGE(written << " samples of " << names.size() << " ops");
  BOOST_TEST(names.size() >= 40);
}

namespace {

Experiment experiment(const std::string& name, const Json& data, const Json& model, const Json& condition,
                      const Json& more = Json::object()) {
  Json settings = {{"name", name}, {"data", data}, {"model", model}, {"condition", condition}};
  settings.update(more);
  Experiment e(Config(settings, "test.json"));
  // Parameters and statistics as of a trained model: none is 0 or 1.
  auto state = state_of(*e.model);
  uint64_t step = 0;
  for (auto& [key, tensor] : state) {
    if (key == "base.chosen" || key == "base.places" || key == "units") continue;
    tensor = tensor + uniform({7, 7, step++}, tensor.shape(), 0, 0.3);
    if (key == "base.correlation")  // dominated by its diagonal, so positive definite
      for (int64_t i = 0; i < tensor.size(0); ++i) tensor.set({i, i}, 1.3);
  }
  set_state(*e.model, state);
  e.model->train(false);
  return e;
}

// The files of an experiment, and what its model says of 7 rows.
void check_model(const Experiment& e) {
  constexpr int64_t rows = 7;
  const NoGrad no_grad;
  const Dataset& set = e.data.train;
  std::vector<int64_t> index(rows);
  std::iota(index.begin(), index.end(), 5);
  Batch batch = rows_of(set, index);
  const bool columns = e.condition.by_columns();
  Tensor given, c;
  Json all;
  if (e.condition.by_columns() || e.condition.by_attributes()) {
    Condition::Drawn drawn;
    e.condition.draw(batch, {1, 1, 1}, drawn);
    c = drawn.c;
    given = drawn.mask;
    const Tensor again =
        e.condition.in_ops(columns ? batch.x : batch.attributes, e.condition.may_withhold() ? given : Tensor());
    BOOST_TEST((again.to_vector() == c.to_vector()), e.name);
    all["given"] = json_of(given);
  }
  const Tensor z = normal({1, 2, 3}, {rows, e.model->latents()}), noise = normal({1, 2, 4}, z.shape()),
               choice = uniform({1, 2, 5}, {rows, 1});
  all["x"] = json_of(batch.x);
  if (batch.observed) all["observed"] = json_of(batch.observed);
  if (batch.attributes) all["attributes"] = json_of(batch.attributes);
  all["z"] = json_of(z), all["noise"] = json_of(noise), all["choice"] = json_of(choice);

  const Posterior q = e.model->encode(batch.input, c);
  const ConditionedPrior p = e.model->prior(c);
  std::map<std::string, Json> expected;
  expected["encoder.onnx"] = {{"mean", json_of(q.mu)}, {"log_var", json_of(q.log_var)}};
  const Tensor y = e.model->decode(z, c);
  expected["decoder.onnx"] = {{"outputs", json_of(y)}, {"values", json_of(values_of(e.loss, y, c))}};
  if (!p.is_normal()) {
    expected["prior.onnx"] = {{"z", json_of(p.draw(noise, choice))}};
    expected["prior_density.onnx"] = {{"log_density", json_of(p.log_density(z))}};
  } else if (!e.model->has_standard_prior()) {
    expected["prior.onnx"] = {{"mean", json_of(p.normal.mu)}, {"log_var", json_of(p.normal.log_var)}};
  }
  const auto files = onnx_files(e);
  BOOST_TEST(files.size() == expected.size(), e.name);
  for (const auto& [name, model] : files) {
    Json inputs;
    for (const OnnxPort& port : model.inputs) {
      BOOST_TEST((all.contains(port.name) && port.sizes[0] == -1), e.name << ' ' << port.name);
      inputs[port.name] = all[port.name];
    }
    for (const OnnxPort& port : model.outputs)
      BOOST_TEST((expected.at(name).contains(port.name) && port.sizes[0] == -1), e.name << ' ' << port.name);
    write_case(str("model_", e.name, '_', name.substr(0, name.find('.'))), model, inputs, expected.at(name));
  }
}

const Json gaussians = {{"source", "correlated_gaussian"},
                        {"columns", 4},
                        {"train_rows", 64},
                        {"test_rows", 16}},
           table = {{"source", "latent_factors"}, {"factors", 2},     {"binary", 1},    {"real", 3},
                    {"categories", {3, 4}},       {"train_rows", 64}, {"test_rows", 16}},
           by_columns = {{"kind", "columns"}}, none = {{"kind", "none"}};

Json mlp(Json more = Json::object()) {
  Json model = {{"kind", "mlp"}, {"encoder", {8, 6}}, {"latents", 3}, {"decoder", {7}}};
  model.update(more);
  return model;
}

}  // namespace

BOOST_AUTO_TEST_CASE(models_of_columns) {
  check_model(experiment("mlp", gaussians, mlp(), by_columns));
  check_model(experiment("vae", gaussians, mlp({{"activation", "tanh"}}), none));
  Json missing = gaussians;
  missing["missing"] = 0.3;
  check_model(experiment("missing", missing, mlp({{"given", "predict"}}), by_columns));
  check_model(experiment("base", gaussians, mlp({{"base", "gaussian"}}), by_columns,
                         {{"loss", {{"scale", "column"}}}}));
  check_model(
      experiment("table", table, mlp({{"base", "gaussian"}}), by_columns, {{"loss", {{"scale", "entry"}}}}));
  for (const char* kind : {"residual", "residual_extended"})
    check_model(experiment(kind, gaussians,
                           {{"kind", kind}, {"encoder", {8, 6, 6}}, {"decoder", {7, 7}}, {"bottleneck", 5}},
                           by_columns));
  check_model(experiment(
      "dense", gaussians,
      {{"kind", "dense"}, {"encoder", {{5, 6}, {4, 4}}}, {"latent", {{4, 3}}}, {"decoder", {{5, 4}, {3}}}},
      by_columns));
  for (const char* activation : {"leaky_relu", "softplus", "sigmoid", "expm1", "log1p", "square"})
    check_model(experiment(activation, gaussians, mlp({{"activation", activation}}), by_columns));
}

BOOST_AUTO_TEST_CASE(priors) {
  for (const char* kind : {"learned", "mixture", "flow"})
    check_model(experiment(str("prior_", kind), gaussians, mlp({{"prior", {{"kind", kind}}}}), by_columns));
  for (const char* kind : {"mixture", "flow"})
    check_model(experiment(str("prior_alone_", kind), gaussians, mlp({{"prior", {{"kind", kind}}}}), none));
}

BOOST_AUTO_TEST_CASE(models_of_images) {
  const TemporaryFolder folder;
  for (const std::string set : {"train", "t10k"}) {
    std::vector<uint8_t> labels;
    for (int i = 0; i < 40; ++i) labels.push_back(uint8_t(i % 3));
    write_bytes(folder.path / (set + "-images-idx3-ubyte"), images_file(40, 12, 12));
    write_bytes(folder.path / (set + "-labels-idx1-ubyte"), labels_file(labels));
  }
  const Json images = {{"source", "idx_images"}, {"path", folder.path.string()}, {"coloured", true}},
             conv = {{"kind", "conv"}, {"encoder", {5, 6}}, {"latents", 3}, {"decoder", {6, 5}}},
             bce = {{"loss", {{"distortion", "bce"}}}};
  check_model(experiment("conv", images, conv, {{"kind", "label"}, {"withheld", 0.5}}, bce));
  check_model(experiment("conv_given", images, conv, {{"kind", "label"}, {"withheld", 0}}, bce));
  check_model(experiment("conv_alone", images, conv, none));
  check_model(experiment("images_mlp", images, mlp(), {{"kind", "label"}}));
}

BOOST_AUTO_TEST_CASE(what_has_no_form_is_refused) {
  const Experiment e = experiment("linear", gaussians, {{"kind", "linear"}}, by_columns);
  const std::string message = error_of([&] { onnx_files(e); });
  BOOST_TEST(contains(message, "encoder.onnx cannot be made: "), message);
  BOOST_TEST(contains(message, "the op principal_axes has no form in ONNX"), message);
  BOOST_TEST(!contains(message, "\n"), message);
}
