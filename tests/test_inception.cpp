// InceptionV3 against torchvision (tests/golden/make_inception.py), and its files.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "autograd/kernels/gemm/gemm.hpp"
#include "base/files.hpp"
#include "metrics/image_features.hpp"
#include "metrics/inception.hpp"
#include "nn/safetensors.hpp"
#include "tests/data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// Fills a tensor with factor * u + shift, where u is the noise in [-1, 1) of make_inception.py.
void fill_with_noise(Tensor& t, const std::string& name, double factor, double shift) {
  uint32_t start = 0x811C9DC5;
  for (const char byte : name) start = (start ^ uint8_t(byte)) * 0x01000193;
  float* values = t.data<float>();
  for (int64_t i = 0; i < t.numel(); ++i) {
    uint32_t h = start + uint32_t(i) * 0x9E3779B9;
    h = (h ^ (h >> 16)) * 0x85EBCA6B;
    h = (h ^ (h >> 13)) * 0xC2B2AE35;
    h ^= h >> 16;
    values[i] = float(factor * (double(h) / 2147483648.0 - 1) + shift);
  }
}

// The weights of make_inception.py, under torchvision's names.
std::map<std::string, Tensor> made_up_weights() {
  auto state = state_of(Inception());
  for (auto& [name, t] : state)
    if (name.ends_with("conv.weight"))
      fill_with_noise(t, name, std::sqrt(6 * double(t.size(0)) / double(t.numel())), 0);
    else if (name.ends_with("bn.weight") || name.ends_with("running_var"))
      fill_with_noise(t, name, 0.5, 1);
    else
      fill_with_noise(t, name, 0.2, 0);
  return state;
}

// Adds a tensor of one int64 to a safetensors file, as PyTorch counts the batches that a batch norm has seen.
void add_counter(const std::filesystem::path& path, const std::string& name) {
  const std::string file = read_file(path);
  uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  const uint64_t bytes = file.size() - sizeof length - length;
  auto header = nlohmann::ordered_json::parse(file.substr(sizeof length, length));
  header[name] = {{"dtype", "I64"}, {"shape", nlohmann::json::array()}, {"data_offsets", {bytes, bytes + 8}}};
  const std::string text = header.dump();
  const uint64_t new_length = text.size();
  std::string out(sizeof new_length, '\0');
  std::memcpy(out.data(), &new_length, sizeof new_length);
  write_bytes(path, out + text + file.substr(sizeof length + length) + std::string(8, '\0'));
}

}  // namespace

BOOST_AUTO_TEST_CASE(features_are_those_of_torchvision) {
#ifndef NDEBUG
  set_gemm_backend(GemmBackend::openblas);  // our own kernel, unoptimised, would take minutes
#endif
  const TemporaryFolder folder;
  const auto path = folder.path / "inception.safetensors";
  auto state = made_up_weights();
  state["fc.weight"] = Tensor::zeros({1000, 2048});
  state["AuxLogits.conv0.bn.bias"] = Tensor::zeros({128});
  save_safetensors(path, {state, {{"format", "pt"}}});
  add_counter(path, "Conv2d_1a_3x3.bn.num_batches_tracked");
  BOOST_TEST(load_inception(path)->parameters() ==
             21785568);  // torchvision's inception_v3 without AuxLogits and fc

  int compared = 0;
  for (const auto& c : nlohmann::json::parse(read_file(ELBOW_SOURCE_DIR "/tests/golden/inception.json")))
    BOOST_TEST_CONTEXT(c["channels"] << " channels") {
      const int64_t channels = c["channels"];
      const FeatureNetShape shape{channels, c["height"], c["width"]};
      const auto features = open_image_features(path, shape);
      Tensor image = Tensor::empty({1, channels * shape.height * shape.width});
      fill_with_noise(image, str("image ", channels), 0.5, 0.5);
      const auto start = std::chrono::steady_clock::now();
      const std::vector<double> found = features->features(image).to_vector(), expected = c["features"];
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
      BOOST_REQUIRE(found.size() == expected.size());
      double error = 0, size = 0, worst = 0, largest = 0;
      for (size_t i = 0; i < expected.size(); ++i) {
        const double difference = std::abs(found[i] - expected[i]);
        error += difference * difference;
        size += expected[i] * expected[i];
        worst = std::max(worst, difference);
        largest = std::max(largest, expected[i]);
      }
      BOOST_TEST_MESSAGE("relative error " << std::sqrt(error / size) << ", largest " << worst / largest << ", "
                                           << taken.count() << " s");
      BOOST_TEST(std::sqrt(error / size) < 1e-5);  // in the Euclidean norm
      BOOST_TEST(worst < 1e-5 * largest);          // and in the largest one
      BOOST_TEST(features->width() == 2048);
      BOOST_TEST(!features->classifier());
      BOOST_TEST(features->facts().name == "InceptionV3");
      BOOST_TEST(features->facts().weights_hash.size() == 16U);
      BOOST_TEST(contains(error_of([&] { features->features(Tensor::zeros({1, 99})); }), "not [1,99]"));
      ++compared;
    }
  BOOST_TEST(compared == 2);
  const std::string message = error_of([&] { open_image_features(path, {2, 12, 10}); });
  BOOST_TEST(contains(message, "1 or 3 channels, not 2"), message);
}

BOOST_AUTO_TEST_CASE(input_is_grey_in_three_channels_stretched_to_299_and_between_minus_1_and_1) {
  const Tensor x = inception_input(Tensor::from<float>({0, 1, 0.5, 0.25}, {2, 1, 1, 2}));
  BOOST_REQUIRE((x.shape() == Shape{2, 3, 299, 299}));
  const float* v = x.data<float>();
  for (int64_t plane = 0; plane < 6; ++plane) {
    const float* row = v + (plane * 299 + 17 * plane) * 299;  // all rows are alike
    const float left = plane < 3 ? -1 : 0, right = plane < 3 ? 1 : -0.5F;
    BOOST_TEST(row[0] == left);
    BOOST_TEST(row[298] == right);
    BOOST_TEST(std::abs(row[149] - (left + right) / 2) < 1e-6);
  }
  BOOST_TEST(contains(error_of([] {
                        inception_input(Tensor::zeros({1, 2, 9, 9}));
                      }),
                      "expects images [rows, 1 or 3, height, width], not [1,2,9,9]"));
  BOOST_TEST(contains(error_of([] { inception_input(Tensor::zeros({1, 784})); }), "not [1,784]"));
}

BOOST_AUTO_TEST_CASE(no_rows_have_no_features) {
  Inception net;
  BOOST_TEST((features_of(net, Tensor::zeros({0, 1, 28, 28})).shape() == Shape{0, 2048}));
}

BOOST_AUTO_TEST_CASE(unsuitable_files_are_refused) {
  const TemporaryFolder folder;
  const auto path = folder.path / "weights";
  const auto refused = [&](const std::map<std::string, Tensor>& tensors, const char* part) {
    save_safetensors(path, {tensors, {}});
    const std::string message = error_of([&] { load_inception(path); });
    BOOST_TEST(contains(message, part), message);
    BOOST_TEST(message.starts_with(path.string() + ": "), message);
    BOOST_TEST(!contains(message, "\n"), message);
  };
  const std::string first = "Conv2d_1a_3x3.conv.weight";
  const Tensor sound = Tensor::zeros({32, 3, 3, 3});
  refused({}, "there is no tensor named Conv2d_1a_3x3.conv.weight");
  refused({{first, sound}}, "there is no tensor named Conv2d_1a_3x3.bn.weight");
  refused({{first, Tensor::zeros({32, 1, 3, 3})}},
          "Conv2d_1a_3x3.conv.weight is float32 [32,1,3,3], the model expects float32 [32,3,3,3]");
  refused({{first, Tensor::zeros({32, 3, 3, 3}, DType::float64)}}, "Conv2d_1a_3x3.conv.weight is float64");
  auto state = state_of(Inception());
  state["Mixed_8a.conv.weight"] = sound;
  refused(state, "the model has no tensor named Mixed_8a.conv.weight");
  state.erase("Mixed_8a.conv.weight");
  state.erase("Mixed_7c.branch_pool.bn.running_var");
  refused(state, "there is no tensor named Mixed_7c.branch_pool.bn.running_var");
  BOOST_TEST(contains(error_of([&] {
                        open_image_features(path, {3, 28, 28, 10});
                      }),
                      "Mixed_7c.branch_pool.bn.running_var"));
  write_bytes(path, read_file(path).substr(0, 100000));
  BOOST_TEST(contains(error_of([&] { load_inception(path); }), "not a safetensors file"));
  BOOST_TEST(contains(error_of([&] { load_inception(folder.path / "none"); }), "none"));
}
