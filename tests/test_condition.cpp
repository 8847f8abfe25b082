// The condition as one mechanism over features: attributes of any kind beside each other, what is unknown of a row, and an image
// set with a third attribute, a real one, of which nothing but its data source knows.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "cvae/evaluation.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t side = 4, pixels = side * side;
constexpr float unknown = Attribute::unknown;

// Images of one bar: its column is the class (0..3), its brightness the thickness (about N(0, 1) once scaled), its channel the
// colour. A row is a function of the attributes, so that a model that is given all of them has nothing to encode.
Dataset bars(int64_t rows, uint64_t seed) {
  const Tensor u = uniform({seed, 1, 0}, {rows, 3});
  Tensor x = Tensor::zeros({rows, 3 * pixels});
  std::vector<float> classes, colours, thickness;
  for (int64_t r = 0; r < rows; ++r) {
    const float* number = u.data<float>() + 3 * r;
    const auto k = int64_t(4 * number[0]), channel = int64_t(3 * number[1]);
    classes.push_back(float(k)), colours.push_back(float(channel));
    thickness.push_back(std::sqrt(12.0f) * (number[2] - 0.5f));
    for (int64_t i = 0; i < side; ++i)
      x.data<float>()[r * 3 * pixels + channel * pixels + i * side + k] = 0.2f + 0.8f * number[2];
  }
  Dataset set;
  set.name = "bars";
  set.x = Rows(x);
  set.features = real_features(3 * pixels);
  set.image = ImageSize{side, side, 3};
  set.attributes = {categorical_attribute("class", 4, classes),
                    categorical_attribute("colour", 3, colours, {"red", "green", "blue"}),
                    {{"thickness", FeatureKind::real, 0, 1, {}}, thickness}};
  return set;
}

Experiment experiment(const Json& condition) {
  const Json json = {
      {"name", "bars"},          {"data", Json::object()},
      {"condition", condition},  {"model", {{"encoder", {64}}, {"decoder", {64}}, {"latents", 4}}},
      {"loss", {{"beta", 0.1}}}, {"training", {{"epochs", 150}, {"schedule", {{"learning_rate", 0.003}}}}}};
  return Experiment(Config(json), [](const Config& settings, uint64_t seed) {
    settings.section("data");
    return DataSplit{bars(4000, seed), bars(1000, seed + 1), {}};
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(attributes_side_by_side) {
  const Experiment e = experiment({{"kind", "label"}, {"withheld", 0.5}});
  BOOST_TEST((e.condition.by_attributes() && e.condition.features() == 3 && e.condition.value_columns() == 3));
  BOOST_TEST(e.condition.width() == (4 + 1) + (3 + 1) + (1 + 1));
  const Tensor c = e.condition.of(Tensor::from<float>({2, 1, -0.5f, unknown, 0, unknown}, {2, 3}));
  const std::vector<float> want{0, 0, 1, 0, 0, /**/ 0, 1, 0, 0, /**/ -0.5f, 0,  //
                                0, 0, 0, 0, 1, /**/ 1, 0, 0, 0, /**/ 0,     1};
  BOOST_TEST(c.to_vector<float>() == want, boost::test_tools::per_element());
  const auto refused = [&](std::vector<float> values) {
    return error_of([&] { e.condition.of(Tensor::from(values, {1, 3})); });
  };
  BOOST_TEST(refused({4, 0, 0}) == "[condition] the class of row 0 is 4, not one of 0..3");
  BOOST_TEST(refused({0, -1, 0}) == "[condition] the colour of row 0 is -1, not one of 0..2");

  const Experiment always = experiment({{"kind", "label"}, {"withheld", 0}});
  BOOST_TEST(always.condition.width() == 4 + 3 + 1);
  BOOST_TEST(error_of([&] { always.condition.of(always.condition.nothing(1)); }) ==
             "[condition] the class of row 0 cannot be withheld: the model was trained with it in every row");
}

// A batch whose rows lack attributes: what is unknown is not given, whatever the mask says.
BOOST_AUTO_TEST_CASE(unknown_attributes_are_withheld) {
  const Experiment e = experiment({{"kind", "label"}, {"withheld", 0.25}});
  Dataset set = e.data.test;
  for (int64_t r = 0; r < set.rows(); r += 2) set.attributes[2].values[size_t(r)] = unknown;
  Batches batches(set, set.rows(), LastBatch::keep);
  Condition::Drawn drawn;
  e.condition.draw(batches.get(0), {1, 2, 3}, drawn);
  const auto mask = drawn.mask.to_vector<float>();
  int64_t given[2] = {0, 0};  // of even and odd rows
  for (int64_t r = 0; r < set.rows(); ++r) given[r % 2] += int64_t(mask[size_t(3 * r + 2)]);
  BOOST_TEST(given[0] == 0);
  BOOST_TEST(std::abs(double(given[1]) - 0.75 * 500) < 4 * std::sqrt(500 * 0.75 * 0.25));  // binomial
  for (const float v : drawn.c.to_vector<float>()) BOOST_REQUIRE(std::isfinite(v));
}

// The condition of columns and what is known of rows are one mechanism as well.
BOOST_AUTO_TEST_CASE(columns_from_values) {
  const Json json = {{"name", "c"}, {"data", {{"source", "independent_gaussian"}, {"columns", 3}}}};
  const Experiment e{Config(json)};
  const Tensor c = e.condition.of(Tensor::from<float>({0.5f, unknown, -2}, {1, 3}));
  BOOST_TEST(c.to_vector<float>() == (std::vector<float>{0.5f, 0, -2, 1, 0, 1}),
             boost::test_tools::per_element());
  const std::vector<int64_t> row{7};
  const Batch batch = rows_of(e.data.test, row);
  Condition::Drawn drawn;
  e.condition.give(batch, {true, false, true}, drawn);
  const float* x = batch.x.data<float>();
  BOOST_TEST(drawn.c.to_vector<float>() ==
             e.condition.of(Tensor::from<float>({x[0], unknown, x[2]}, {1, 3})).to_vector<float>());
}

// Each attribute that is given lowers the loss, the real one too: the model reads it, and tells its results apart.
BOOST_AUTO_TEST_CASE(images_given_class_colour_and_thickness) {
  Experiment e = experiment({{"kind", "label"}, {"withheld", 0.5}});
  Training training(e);
  for (int64_t i = 0; i < e.training.epochs; ++i) training.epoch([](int64_t) {});
  std::map<std::string, Losses> losses;
  for (const ConditionResult& r : per_condition_results(e, 2)) losses[r.given] = r;
  BOOST_TEST_REQUIRE(losses.size() == 8U);
  const auto lower = [&](const std::string& with, const std::string& without) {
    const Estimate a = losses.at(with).loss, b = losses.at(without).loss;
    return (b.mean - a.mean) / std::hypot(a.standard_error, b.standard_error);
  };
  BOOST_TEST(lower("class", "nothing") > 5);
  BOOST_TEST(lower("colour", "nothing") > 5);
  BOOST_TEST(lower("class and colour and thickness", "class and colour") > 5);
  BOOST_TEST(losses.at("class and colour and thickness").kl.mean < 0.4 * losses.at("nothing").kl.mean);

  // A thicker bar is a brighter one.
  e.model->train(false);
  const auto brightness = [&](float thickness) {
    const Tensor c = e.condition.of(Tensor::from<float>({1, 0, thickness}, {1, 3}));
    double sum = 0;
    for (const double p : e.model->decode(Tensor::zeros({1, 4}), c).to_vector<double>()) sum += p;
    return sum;
  };
  BOOST_TEST(brightness(1.2f) - brightness(-1.2f) > 1.5);  // of 4 x 0.8 x 2.4 / sqrt(12) = 2.2
}
