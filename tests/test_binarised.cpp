// Images as binary pixels that are drawn from their grey values: the distribution of the draws, what they depend on, and the source
// that makes them, grey and coloured.

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/parallel.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// n images of 256 pixels, pixel p of grey value p.
Rows ramps(int64_t n) {
  std::vector<uint8_t> pixels(static_cast<size_t>(n * 256));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = uint8_t(i % 256);
  return {std::move(pixels), 256};
}

double share_of_equals(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(), std::equal_to<>()) /
         double(a.size());
}

constexpr int64_t size = 12, plane = size * size;

std::string number(int64_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

// Image i has the class i % 3; pixel p is black, of a grey value that depends on i and p, or white.
void write_images(const std::filesystem::path& folder, const std::string& prefix, int64_t count) {
  std::string images = number(0x803) + number(count) + number(size) + number(size),
              labels = number(0x801) + number(count);
  for (int64_t i = 0; i < count; ++i) {
    labels += char(i % 3);
    for (int64_t p = 0; p < plane; ++p) images += char(p % 4 == 0 ? 0 : p % 4 == 1 ? 255 : (7 * i + p) % 256);
  }
  write_bytes(folder / (prefix + "-images-idx3-ubyte"), images);
  write_bytes(folder / (prefix + "-labels-idx1-ubyte"), labels);
}

struct Images {
  TemporaryFolder folder;
  Images() {
    write_images(folder.path, "train", 300);
    write_images(folder.path, "t10k", 90);
  }
  DataSplit data(uint64_t seed, bool coloured, bool binarised) const {
    const Json json{{"source", "idx_images"},
                    {"path", folder.path.string()},
                    {"classes", 3},
                    {"coloured", coloured},
                    {"binarised", binarised}};
    return make_data(Config(json, "", "data"), seed);
  }
  Json experiment() const {
    return {{"name", "binarised"},
            {"data",
             {{"source", "idx_images"}, {"path", folder.path.string()}, {"classes", 3}, {"binarised", true}}},
            {"condition", {{"kind", "label"}}},
            {"model", {{"encoder", {16}}, {"decoder", {16}}, {"latents", 2}}},
            {"training", {{"epochs", 2}, {"batch_rows", 50}}}};
  }
};

std::vector<float> pixels_of(const Dataset& set) { return set.x.tensor().to_vector<float>(); }

}  // namespace

// Every grey value is 1 with its own probability: 0 never, 255 always, all others within 4.5 standard errors (of 254 normal
// numbers one in 500 lots goes beyond), and all together as they should spread.
BOOST_AUTO_TEST_CASE(pixels_are_one_with_probability_of_their_grey_value) {
  constexpr int64_t n = 4000;
  const auto drawn = ramps(n).binarised({11, 1, 0}).tensor().to_vector<float>();
  double squares = 0;
  for (int64_t grey = 0; grey < 256; ++grey) {
    double ones = 0;
    for (int64_t r = 0; r < n; ++r) {
      const float v = drawn[size_t(r * 256 + grey)];
      BOOST_REQUIRE((v == 0 || v == 1));
      ones += v;
    }
    const double p = double(grey) / 255, sd = std::sqrt(double(n) * p * (1 - p));
    if (grey == 0 || grey == 255) {
      BOOST_TEST(ones == p * n);
      continue;
    }
    BOOST_TEST(std::abs(ones - p * n) < 4.5 * sd, "grey value " << grey << ": " << ones);
    squares += (ones - p * n) * (ones - p * n) / (sd * sd);
  }
  BOOST_TEST(std::abs(squares - 254) < 4 * std::sqrt(2 * 254.0));  // chi-squared with 254 degrees of freedom
}

// Two rows, two epochs, two seeds, two streams and neighbouring pixels agree as often as independent ones: of half-white
// pixels (127 / 255) half the time.
BOOST_AUTO_TEST_CASE(draws_are_independent) {
  constexpr int64_t n = 200, columns = 784;
  const Rows grey(std::vector<uint8_t>(size_t(n * columns), 127), columns);
  const auto at = [&](const RandomKey& key) { return grey.binarised(key).tensor().to_vector<float>(); };
  const auto a = at({5, 2, 3});
  const double error = 0.5 / std::sqrt(double(a.size()));
  for (const RandomKey& other : {RandomKey{6, 2, 3}, {5, 3, 3}, {5, 2, 4}})
    BOOST_TEST(std::abs(share_of_equals(a, at(other)) - 0.5) < 4 * error);
  for (const int64_t apart : {int64_t{1}, columns}) {
    const std::vector<float> first(a.begin(), a.end() - apart), then(a.begin() + apart, a.end());
    BOOST_TEST(std::abs(share_of_equals(first, then) - 0.5) < 4 * error);
  }
}

// However rows are asked for, they are the same, on any number of threads.
BOOST_AUTO_TEST_CASE(a_row_is_a_function_of_the_key_and_its_number) {
  const Rows rows = ramps(700).binarised({1, 2, 3});
  const auto all = rows.tensor().to_vector<float>();
  const std::vector<int64_t> index{699, 3, 3, 0};
  std::vector<float> gathered(4 * 256);
  for (const int threads : {1, 3}) {
    const int before = num_threads();
    set_num_threads(threads);
    rows.gather(index, gathered.data());
    BOOST_TEST((rows.tensor().to_vector<float>() == all));
    set_num_threads(before);
    for (size_t i = 0; i < index.size(); ++i)
      BOOST_TEST(std::equal(gathered.begin() + int64_t(i) * 256, gathered.begin() + int64_t(i + 1) * 256,
                            all.begin() + index[i] * 256));
  }
  BOOST_TEST(rows.range(5, 1).to_vector<float>() ==
             std::vector<float>(all.begin() + 5 * 256, all.begin() + 6 * 256));
  BOOST_TEST(error_of([] {
               Rows(Tensor::zeros({2, 2})).binarised({});
             }) == "[rows] only rows of pixels can be made binary");
  BOOST_TEST(error_of([&] {
               rows.binarised({1, 1, uint64_t{1} << 32});
             }) == "[rows] binary pixels have steps below 2^32, not 4294967296");
}

BOOST_AUTO_TEST_CASE(training_images_are_drawn_anew_in_each_epoch_and_test_images_once) {
  const Images images;
  for (const bool coloured : {false, true}) {
    DataSplit data = images.data(1, coloured, true);
    const DataSplit grey = images.data(1, coloured, false);
    const auto first = pixels_of(data.train), test = pixels_of(data.test), values = pixels_of(grey.train);
    BOOST_TEST_REQUIRE(first.size() == values.size());
    for (size_t i = 0; i < first.size(); ++i) {  // black and other channels' pixels are 0, white ones 1
      BOOST_REQUIRE((first[i] == 0 || first[i] == 1));
      if (values[i] == 0 || values[i] == 1) BOOST_REQUIRE(first[i] == values[i]);
    }
    BOOST_TEST(std::abs(deviation(int64_t(first.size()), 0, [&](int64_t i) {
                 return double(first[size_t(i)]) - double(values[size_t(i)]);
               })) < 4);
    if (coloured) BOOST_TEST(data.train.attribute("colour")->values == grey.train.attribute("colour")->values);
    for (const Dataset* set : {&data.train, &data.test})
      BOOST_TEST((int64_t(set->features.size()) == set->columns() &&
                  set->features.back().kind == FeatureKind::binary));

    data.redraw(data.train, 1);
    BOOST_TEST((pixels_of(data.train) != first));
    data.redraw(data.train, 0);
    BOOST_TEST((pixels_of(data.train) == first));
    BOOST_TEST((pixels_of(data.test) == test));
    const DataSplit other = images.data(2, coloured, true);
    BOOST_TEST((pixels_of(other.train) != first && pixels_of(other.test) != test));
  }
  BOOST_TEST(!images.data(1, false, false).redraw);
}

// The pixels are binary features: their loss is the cross-entropy, without being asked for.
BOOST_AUTO_TEST_CASE(a_model_of_binary_pixels) {
  const Images images;
  const Json json = images.experiment();
  std::vector<double> losses;
  for (const int threads : {1, 2}) {
    const int before = num_threads();
    set_num_threads(threads);
    Experiment e{Config(json)};
    BOOST_TEST_REQUIRE(e.loss.terms.size() == 1u);
    BOOST_TEST(e.loss.terms[0]->describe() == str("bernoulli of columns 0 to ", plane - 1));
    Training training(e);
    for (int i = 0; i < 2; ++i) losses.push_back(training.epoch([](int64_t) {}).loss.mean);
    set_num_threads(before);
  }
  BOOST_TEST((losses[0] == losses[2] && losses[1] == losses[3] && losses[1] < losses[0]));
}
