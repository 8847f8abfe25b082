// Coloured images: rows in planes, colours redrawn in each epoch, labels that are withheld, and the results of
// each condition.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cvae/evaluation.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t size = 12, plane = size * size;

std::string number(int64_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

// Image i has the class i % 5; its pixels are 1 + (i + p) % 200, none of them black.
void write_images(const std::filesystem::path& folder, const std::string& prefix, int64_t count) {
  std::string images = number(0x803) + number(count) + number(size) + number(size),
              labels = number(0x801) + number(count);
  for (int64_t i = 0; i < count; ++i) {
    labels += char(i % 5);
    for (int64_t p = 0; p < plane; ++p) images += char(1 + (i + p) % 200);
  }
  write_bytes(folder / (prefix + "-images-idx3-ubyte"), images);
  write_bytes(folder / (prefix + "-labels-idx1-ubyte"), labels);
}

// A folder of 3000 training and 600 test images, and an experiment on them.
struct Images {
  TemporaryFolder folder;
  Images() {
    write_images(folder.path, "train", 3000);
    write_images(folder.path, "t10k", 600);
  }
  Json experiment(const std::string& condition = R"({"kind": "label"})", bool coloured = true) const {
    return {
        {"name", "coloured"},
        {"data",
         {{"source", "idx_images"}, {"path", folder.path.string()}, {"classes", 5}, {"coloured", coloured}}},
        {"condition", Json::parse(condition)},
        {"model", {{"kind", "conv"}, {"encoder", {4, 8}}, {"latents", 2}, {"decoder", {8, 4}}}},
        {"loss", {{"distortion", "bce"}}},
        {"training", {{"epochs", 2}, {"batch_rows", 50}}}};
  }
};

std::vector<double> mean_of_columns(const Tensor& c) {
  std::vector<double> mean(size_t(c.size(1)), 0);
  const auto v = c.to_vector();
  for (size_t i = 0; i < v.size(); ++i) mean[i % mean.size()] += v[i];
  for (double& m : mean) m /= double(c.size(0));
  return mean;
}

}  // namespace

BOOST_AUTO_TEST_CASE(rows_in_planes) {
  const Rows grey({10, 20, 30, 40, 50, 60}, 2);
  const Rows rows = grey.in_planes({2, 0, 1}, 3);
  BOOST_TEST((rows.size() == 3 && rows.columns() == 6 && grey.columns() == 2));
  const auto at = [](int byte) { return float(byte) / 255.0f; };
  const std::vector<float> want{0, 0, 0, 0, at(10), at(20), at(30), at(40), 0,
                                0, 0, 0, 0, 0,      at(50), at(60), 0,      0};
  BOOST_TEST(rows.tensor().to_vector<float>() == want);
  BOOST_TEST(rows.range(1, 1).to_vector<float>() == std::vector<float>(want.begin() + 6, want.begin() + 12));
  std::vector<float> gathered(12, 9);
  rows.gather(std::vector<int64_t>{2, 0}, gathered.data());
  BOOST_TEST(std::vector<float>(gathered.begin(), gathered.begin() + 6) ==
             std::vector<float>(want.begin() + 12, want.end()));
  BOOST_TEST(std::vector<float>(gathered.begin() + 6, gathered.end()) ==
             std::vector<float>(want.begin(), want.begin() + 6));
  const Rows again = rows.in_planes({0, 0, 0}, 2);
  BOOST_TEST((again.columns() == 4 && again.range(2, 1).to_vector<float>()[0] == at(50)));

  BOOST_TEST(error_of([&] {
               grey.in_planes({0, 1}, 3);
             }) == "[rows] 2 rows cannot each be put in one of 3 planes: there are 3");
  BOOST_TEST(error_of([&] { grey.in_planes({0, 1, 3}, 3); }) == "[rows] there is no plane 3 among 3");
  BOOST_TEST(error_of([] {
               Rows(Tensor::zeros({2, 2})).in_planes({0, 0}, 1);
             }) == "[rows] only rows of pixels have planes");
}

BOOST_AUTO_TEST_CASE(colours_are_drawn_anew_in_each_epoch) {
  const Images images;
  const Json json = images.experiment();
  Experiment e{Config(json)};
  Dataset& train = e.data.train;
  BOOST_TEST((train.image->channels == 3 && train.image->height == size && train.columns() == 3 * plane));
  const auto first = train.attribute("colour")->values, test = e.data.test.attribute("colour")->values;
  for (int32_t k = 0; k < 3; ++k)
    BOOST_TEST(std::abs(deviation(train.rows(), 1 / 3.0,
                                  [&](int64_t r) { return first[size_t(r)] == k ? 1.0 : 0.0; })) < 4);
  // A row is its image in the plane of its colour.
  const auto row = train.x.range(7, 1).to_vector<float>();
  for (int64_t i = 0; i < 3 * plane; ++i)
    BOOST_REQUIRE(row[size_t(i)] == (i / plane == first[7] ? float(1 + (7 + i % plane) % 200) / 255.0f : 0.0f));

  // Class and colour are the factors, and are there once.
  const auto factors = factors_of(train);
  BOOST_TEST((factors.size() == 2 && factors[0] == train.classes() && factors[1] == train.attribute("colour")));
  e.data.redraw(train, 1);
  BOOST_TEST(factors_of(train).size() == 2U);
  const auto second = train.attribute("colour")->values;
  BOOST_TEST(std::abs(deviation(train.rows(), 1 / 3.0, [&](int64_t r) {
               return first[size_t(r)] == second[size_t(r)] ? 1.0 : 0.0;
             })) < 4);
  e.data.redraw(train, 0);
  BOOST_TEST(train.attribute("colour")->values == first);
  Json other = json;
  other["seed"] = 2;
  Experiment f{Config(other)};
  BOOST_TEST(
      (f.data.train.attribute("colour")->values != first && f.data.test.attribute("colour")->values != test));
}

// Class and colour are withheld independently; what is given is right.
BOOST_AUTO_TEST_CASE(conditions_of_coloured_images) {
  const Images images;
  const Json json = images.experiment();
  const Experiment e{Config(json)};
  BOOST_TEST(e.condition.width() == 5 + 1 + 3 + 1);
  Batches batches(e.data.train, 3000, LastBatch::drop);
  const Batch& batch = batches.get(0);
  Condition::Drawn drawn;
  e.condition.draw(batch, {1, 2, 3}, drawn);
  const auto c = drawn.c.to_vector<float>();
  int64_t both = 0, no_class = 0, no_colour = 0;
  for (int64_t r = 0; r < 3000; ++r) {
    const float* row = c.data() + r * 10;
    BOOST_REQUIRE((std::accumulate(row, row + 6, 0.0f) == 1 && std::accumulate(row + 6, row + 10, 0.0f) == 1));
    BOOST_REQUIRE((row[5] == 1 || row[size_t(batch.attributes.data<float>()[2 * r])] == 1));
    BOOST_REQUIRE((row[9] == 1 || row[6 + size_t(batch.attributes.data<float>()[2 * r + 1])] == 1));
    no_class += row[5] == 1;
    no_colour += row[9] == 1;
    both += row[5] == 1 && row[9] == 1;
  }
  BOOST_TEST(std::abs(double(no_class) - 1500) < 4 * 27.4);  // standard deviations of binomial counts
  BOOST_TEST(std::abs(double(no_colour) - 1500) < 4 * 27.4);
  BOOST_TEST(std::abs(double(both) - 750) < 4 * 23.7);

  e.condition.give(batch, {true, true}, drawn);
  const auto mean = mean_of_columns(drawn.c);
  BOOST_TEST((mean[5] == 0 && mean[9] == 0));
  e.condition.give(batch, {false, true}, drawn);
  BOOST_TEST((mean_of_columns(drawn.c)[5] == 1 && mean_of_columns(drawn.c)[9] == 0));
  const Tensor nothing = e.condition.of(e.condition.nothing(3));
  BOOST_TEST((mean_of_columns(nothing)[5] == 1 && mean_of_columns(nothing)[9] == 1));
  BOOST_TEST(error_of([&] { e.condition.give(batch, {true}, drawn); }) ==
             "[condition] 1 of the 2 features are said to be given or withheld");
}

// What is never withheld needs no column for that.
BOOST_AUTO_TEST_CASE(widths_of_label_conditions) {
  const Images images;
  const auto width = [&](const std::string& condition, bool coloured) {
    const Json json = images.experiment(condition, coloured);
    return Experiment{Config(json)}.condition.width();
  };
  BOOST_TEST(width(R"({"kind": "label"})", false) == 5);
  BOOST_TEST(width(R"({"kind": "label", "withheld": 0.2})", false) == 6);
  BOOST_TEST(width(R"({"kind": "label", "withheld": 0})", true) == 8);
  BOOST_TEST(width(R"({"kind": "none"})", true) == 0);
  BOOST_TEST(contains(error_of([&] { width(R"({"kind": "label", "withheld": 2})", true); }),
                      "condition.withheld: must be"));
}

BOOST_AUTO_TEST_CASE(results_of_each_condition) {
  const Images images;
  const Json json = images.experiment(R"({"kind": "label", "withheld": 0.5})");
  Experiment e{Config(json)};
  Training training(e);
  for (int i = 0; i < 2; ++i) training.epoch([](int64_t) {});
  const auto results = per_condition_results(e, 2);
  const std::vector<std::string> names{"nothing", "class", "colour", "class and colour"};
  BOOST_TEST_REQUIRE(results.size() == names.size());
  for (size_t k = 0; k < names.size(); ++k) {
    const ConditionResult& r = results[k];
    BOOST_TEST((r.given == names[k] && r.rows == 600));
    const double kl = std::accumulate(r.kl_per_latent.begin(), r.kl_per_latent.end(), 0.0);
    BOOST_TEST(kl == r.kl.mean, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(r.loss.mean == r.distortion.mean + r.kl.mean, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(r.active == std::count_if(r.kl_per_latent.begin(), r.kl_per_latent.end(),
                                         [](double v) { return v > 0.01; }));
  }
  // With nothing given, the losses are those under a condition whose labels are withheld with probability 1.
  Json never = json;
  never["condition"]["withheld"] = 1;
  Experiment f{Config(never)};
  std::map<std::string, Tensor> state = state_of(*e.model);
  set_state(*f.model, state);
  BOOST_TEST(losses_of(test_losses(f, 2, false)).loss.mean == results[0].loss.mean);
  // In the mix of training each of the four is a quarter of the rows: the mean of the four lies within a few errors.
  const Losses mixed = losses_of(test_losses(e, 2, false));
  double mean = 0;
  for (const auto& r : results) mean += r.loss.mean / 4;
  BOOST_TEST(std::abs(mixed.loss.mean - mean) < 4 * mixed.loss.standard_error);

  Json plain = images.experiment(R"({"kind": "label"})", false);
  Experiment g{Config(plain)};
  BOOST_TEST(per_condition_results(g, 1).empty());
}
