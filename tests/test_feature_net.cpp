// The net that scores images are compared by: against PyTorch (tests/golden/make_feature_net.py), its training, its files.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/parallel.hpp"
#include "cvae/feature_training.hpp"
#include "nn/safetensors.hpp"
#include "tests/data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// Element i is scale * sin(0.37 i + phase), as in make_feature_net.py.
void fill_with_wave(Tensor& t, double phase, double scale) {
  float* values = t.data<float>();
  for (int64_t i = 0; i < t.numel(); ++i) values[i] = float(scale * std::sin(0.37 * double(i) + phase));
}

// Images of 12 x 12 bytes in three classes: a bright bar that lies, stands or leans, anywhere, in noise.
Dataset bars(int64_t rows, uint64_t seed) {
  const std::vector<float> noise = uniform({seed, 1, 0}, {rows, 144}, 0, 120).to_vector<float>();
  const std::vector<float> place = uniform({seed, 2, 0}, {rows}, 0, 12).to_vector<float>();
  std::vector<uint8_t> pixels(noise.begin(), noise.end());
  Dataset set;
  set.name = "bars";
  set.attributes = {categorical_attribute("class", 3, {})};
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t label = i % 3, at = int64_t(place[size_t(i)]);
    set.attributes[0].values.push_back(float(label));
    for (int64_t p = 0; p < 12; ++p) {
      const int64_t row = label == 0 ? at : p, column = label == 0 ? p : label == 1 ? at : (at + p) % 12;
      pixels[size_t(144 * i + 12 * row + column)] = 220;
    }
  }
  set.image = ImageSize{12, 12};
  set.x = Rows(std::move(pixels), 144);
  return set;
}

const FeatureTraining quick{.epochs = 8, .batch_rows = 16, .learning_rate = 3e-3, .seed = 5};

}  // namespace

BOOST_AUTO_TEST_CASE(features_and_logits_are_those_of_pytorch) {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/feature_net.json");
  BOOST_REQUIRE(file.good());
  int compared = 0;
  for (const auto& c : nlohmann::json::parse(file)) BOOST_TEST_CONTEXT(c["channels"] << " channels") {
      FeatureNet net({c["channels"], c["height"], c["width"], c["classes"]}, 1);
      auto state = state_of(net);
      int phase = 0;
      for (const char* name : {"conv1", "conv2", "hidden1", "hidden2", "head"})
        for (const char* part : {".weight", ".bias"}) {
          Tensor& t = state.at(std::string(name) + part);
          const double fan = t.rank() > 1 ? double(t.numel() / t.size(0)) : 16;
          fill_with_wave(t, phase++, 1.7 / std::sqrt(fan));
        }
      set_state(net, state);
      Tensor x = Tensor::empty({c["rows"].get<int64_t>(), net.columns()});
      fill_with_wave(x, 0.5, 0.5);
      for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] += 0.5F;
      const Tensor features = features_of(net, x), logits = net.logits(features);
      const auto same = [](const Tensor& found, const std::vector<double>& expected) {
        BOOST_REQUIRE(found.numel() == int64_t(expected.size()));
        double largest = 0;
        for (const double v : expected) largest = std::max(largest, std::abs(v));
        for (size_t i = 0; i < expected.size(); ++i)
          BOOST_TEST(std::abs(found.to_vector()[i] - expected[i]) < 1e-5 * largest);
      };
      same(features, c["features"]);
      same(logits, c["logits"]);
      ++compared;
    }
  BOOST_TEST(compared == 2);
}

BOOST_AUTO_TEST_CASE(it_learns_and_training_is_a_function_of_the_seed) {
  const Dataset train = bars(600, 1), test = bars(300, 2);
  std::vector<double> losses;
  const auto trained = [&](uint64_t seed, int threads) {
    const int before = num_threads();
    set_num_threads(threads);
    FeatureTraining settings = quick;
    settings.seed = seed;
    losses.clear();
    auto net = train_feature_net(train, settings, [&](int64_t epoch, double loss) {
      losses.push_back(loss);
      BOOST_TEST(epoch == int64_t(losses.size()));
    });
    set_num_threads(before);
    return net;
  };
  const auto net = trained(5, 1);
  const Estimate accuracy = accuracy_of(*net, test);
  BOOST_TEST_MESSAGE("accuracy " << accuracy.mean << " +- " << accuracy.standard_error << ", losses "
                                 << losses.front() << " to " << losses.back());
  BOOST_TEST(losses.size() == 8U);
  BOOST_TEST(losses.back() < 0.3 * losses.front());
  BOOST_TEST(accuracy.mean > 0.95);
  BOOST_TEST(accuracy.standard_error == std::sqrt(accuracy.mean * (1 - accuracy.mean) / 300));
  BOOST_TEST(accuracy_of(*std::make_unique<FeatureNet>(net->shape, 5), test).mean <
             0.7);  // it did not know before
  BOOST_TEST(weights_hash(*trained(5, 3)) == weights_hash(*net));
  BOOST_TEST(weights_hash(*trained(6, 1)) != weights_hash(*net));
  // The accuracy is the share of rows whose class is the label.
  const std::vector<int32_t> classes = classes_of(*net, test.x.tensor());
  int64_t right = 0;
  for (size_t i = 0; i < classes.size(); ++i) right += classes[i] == test.classes()->class_of(int64_t(i));
  BOOST_TEST(accuracy.mean == double(right) / 300);
  // Blocks of rows give what one row by itself gives, to rounding.
  const Tensor all = features_of(*net, test.x.tensor()), one = features_of(*net, test.x.range(299, 1));
  for (int64_t i = 0; i < 84; ++i)
    BOOST_TEST(std::abs(all.data<float>()[299 * 84 + i] - one.data<float>()[i]) < 1e-4);
}

BOOST_AUTO_TEST_CASE(files_keep_the_net_and_its_record) {
  const TemporaryFolder folder;
  const auto path = folder.path / "net.safetensors";
  FeatureNet net({3, 12, 16, 4}, 7);
  save_feature_net(path, net, {{"accuracy", "0.5"}});
  const FeatureNetFile file = load_feature_net(path);
  BOOST_TEST(file.net->shape.channels == 3);
  BOOST_TEST(file.net->shape.width == 16);
  BOOST_TEST(file.metadata.at("accuracy") == "0.5");
  BOOST_TEST(file.metadata.at("weights_hash") == weights_hash(net));
  BOOST_TEST(file.metadata.at("weights_hash").size() == 16U);
  const Tensor x = uniform({1, 1, 0}, {5, net.columns()});
  BOOST_TEST((features_of(*file.net, x).to_vector() == features_of(net, x).to_vector()));
  BOOST_TEST((classes_of(*file.net, x) == classes_of(net, x)));

  const auto refused = [&](auto change, const char* part) {
    SafeTensors contents = load_safetensors(path);
    change(contents);
    save_safetensors(folder.path / "bad", contents);
    const std::string message = error_of([&] { load_feature_net(folder.path / "bad"); });
    BOOST_TEST(contains(message, part), message);
    BOOST_TEST(contains(message, (folder.path / "bad").string()), message);
  };
  using Contents = SafeTensors;
  refused([](Contents& c) { c.tensors.at("head.bias").data<float>()[1] += 1e-6F; }, "the file was changed");
  refused([](Contents& c) { c.metadata.erase("weights_hash"); }, "weights_hash");
  refused([](Contents& c) { c.metadata.erase("kind"); }, "is no feature net");
  refused([](Contents& c) { c.metadata.erase("width"); }, "its metadata lack width");
  refused([](Contents& c) { c.metadata["width"] = "wide"; }, "its width is no whole number");
  refused([](Contents& c) { c.metadata["width"] = "9999999999"; }, "a size cannot be 9999999999");
  refused([](Contents& c) { c.metadata["width"] = "60000"; }, "its weights do not fit its sizes");
  refused([](Contents& c) { c.metadata["classes"] = "5"; }, "head");
  refused([](Contents& c) { c.tensors.erase("conv2.bias"); }, "conv2.bias");
  write_bytes(folder.path / "cut", read_file(path).substr(0, 5000));
  BOOST_TEST(contains(error_of([&] { load_feature_net(folder.path / "cut"); }), "not a safetensors file"));
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto refused = [](auto f, const char* part) {
    const std::string message = error_of(f);
    BOOST_TEST(contains(message, part), message);
  };
  refused([] { FeatureNet({1, 11, 28, 10}, 1); }, "images of 11 x 28 pixels are too small: at least 12 x 12");
  refused([] { FeatureNet({0, 28, 28, 10}, 1); }, "a size cannot be 0");
  FeatureNet net({1, 12, 12, 3}, 1);
  refused([&] { features_of(net, Tensor::zeros({2, 143})); }, "expects rows of 144 columns, not [2,143]");
  refused([&] { classes_of(net, Tensor::zeros({144})); }, "expects rows of 144 columns, not [144]");
  const Dataset set = bars(20, 1);
  const auto with = [&](auto change) {
    Dataset changed = set;
    change(changed);
    return [changed] { train_feature_net(changed, quick); };
  };
  refused(with([](Dataset& s) { s.attributes.clear(); }), "the set bars has no labels");
  refused(with([](Dataset& s) { s.image.reset(); }), "are no images");
  refused(with([](Dataset& s) { s.image->width = 13; }), "rows of 144 columns are no images of 12 x 13");
  refused([&] { train_feature_net(set, {.epochs = 0}); }, "at least one epoch");
  refused([&] { train_feature_net(set, {.epochs = 4, .batch_rows = 5, .learning_rate = 1e30}); },
          "the loss is");
  refused([&] { accuracy_of(net, bars(0, 1)); }, "no labelled rows");
}
