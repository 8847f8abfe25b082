// The sets with a shape: every row without noise against the shape's equation, and the distributions against what scikit-learn
// draws, as tests/golden/make_data.py wrote it down. Bounds are in standard errors; seeds are fixed.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "data/sources.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr double pi = std::numbers::pi;
constexpr double bound = 4.5;  // standard errors

DataSplit make(const Json& options, uint64_t seed = 1) { return make_data(Config(options, "", "data"), seed); }

const Json& golden() {
  static const Json file =
      Json::parse(std::ifstream(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/data.json"));
  return file;
}

using Table = std::vector<std::vector<double>>;  // rows of columns

Table table_of(const Dataset& set) {
  const auto x = set.x.tensor().to_vector();
  const int64_t d = set.columns();
  Table rows;
  for (int64_t r = 0; r < set.rows(); ++r) rows.emplace_back(x.begin() + r * d, x.begin() + (r + 1) * d);
  return rows;
}

// The rows of each class; all of them where the set has none.
std::vector<Table> by_class(const Dataset& set) {
  const Table rows = table_of(set);
  if (!set.classes()) return {rows};
  std::vector<Table> classes(size_t(set.classes()->classes()));
  for (size_t r = 0; r < rows.size(); ++r)
    classes[size_t(set.classes()->class_of(int64_t(r)))].push_back(rows[r]);
  return classes;
}

double monomial(const std::vector<double>& row, const Json& powers) {
  double product = 1;
  for (size_t c = 0; c < row.size(); ++c) product *= std::pow(row[c], powers[c].get<int>());
  return product;
}

// Rows against a description of scikit-learn's: every moment, and the share of the rows below every quantile. Both sides
// are samples, so their errors add. The worst deviation, in standard errors.
double worst_deviation(const Table& rows, const Json& expected) {
  const double n = double(rows.size()), share = n / expected["rows"].get<double>();
  double worst_moment = 0, worst_quantile = 0;
  for (const Json& moment : expected["moments"]) {
    double sum = 0;
    for (const auto& row : rows) sum += monomial(row, moment["powers"]);
    // the error of a mean of n values, from that of the reference's rows
    const double error = moment["error"].get<double>() * std::sqrt(1 / share + 1);
    worst_moment = std::max(worst_moment, std::abs(sum / n - moment["mean"].get<double>()) / error);
  }
  const auto& probabilities = golden()["probabilities"];
  for (size_t c = 0; c < rows[0].size(); ++c)
    for (size_t q = 0; q < probabilities.size(); ++q) {
      const double p = probabilities[q], at = expected["quantiles"][c][q];
      const auto below = std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row[c] < at; });
      const double error = std::sqrt(p * (1 - p) / n * (1 + share));
      worst_quantile = std::max(worst_quantile, std::abs(double(below) / n - p) / error);
    }
  BOOST_TEST_MESSAGE("worst moment " << worst_moment << ", worst quantile " << worst_quantile << " errors");
  return std::max(worst_moment, worst_quantile);
}

// Nothing lies outside the reference's range, and nearly all of it is reached.
void compare_range(const Table& rows, const Json& expected) {
  for (size_t c = 0; c < rows[0].size(); ++c) {
    const auto [low, high] = std::minmax_element(rows.begin(), rows.end(),
                                                 [&](const auto& a, const auto& b) { return a[c] < b[c]; });
    const double from = expected["low"][c], to = expected["high"][c];
    BOOST_TEST(((*low)[c] > from - 1e-5 && (*low)[c] < from + 1e-3));
    BOOST_TEST(((*high)[c] < to + 1e-5 && (*high)[c] > to - 1e-3));
  }
}

void compare_shares(const Dataset& set) {
  const auto classes = by_class(set);
  for (size_t k = 0; k < classes.size(); ++k)
    if (classes.size() > 1)
      BOOST_TEST(std::abs(deviation(set.rows(), 1.0 / double(classes.size()), [&](int64_t r) {
                   return set.classes()->class_of(r) == int32_t(k) ? 1.0 : 0.0;
                 })) < bound);
}

}  // namespace

BOOST_AUTO_TEST_CASE(rows_without_noise_lie_on_two_circles) {
  for (const double factor : {0.5, 0.8}) {
    const DataSplit data = make({{"source", "circles"}, {"factor", factor}});
    for (const Dataset* set : {&data.train, &data.test}) {
      const Table x = table_of(*set);
      const auto t = set->coordinate.to_vector();
      for (size_t r = 0; r < x.size(); ++r) {
        const double radius = set->classes()->values[r] == 0 ? 1 : factor;
        BOOST_REQUIRE(std::abs(std::hypot(x[r][0], x[r][1]) - radius) < 1e-6);
        BOOST_REQUIRE((t[r] >= 0 && t[r] < 2 * pi + 1e-6));
        BOOST_REQUIRE(std::abs(x[r][0] - radius * std::cos(t[r])) < 1e-6);
        BOOST_REQUIRE(std::abs(x[r][1] - radius * std::sin(t[r])) < 1e-6);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_without_noise_lie_on_two_moons) {
  const DataSplit data = make({{"source", "moons"}});
  for (const Dataset* set : {&data.train, &data.test}) {
    const Table x = table_of(*set);
    const auto t = set->coordinate.to_vector();
    for (size_t r = 0; r < x.size(); ++r) {
      // the upper half of the circle around (0, 0), the lower half of the one around (1, 1/2)
      const bool upper = set->classes()->values[r] == 0;
      const double dx = x[r][0] - (upper ? 0 : 1), dy = x[r][1] - (upper ? 0 : 0.5);
      BOOST_REQUIRE(std::abs(std::hypot(dx, dy) - 1) < 1e-6);
      BOOST_REQUIRE((upper ? dy > -1e-6 : dy < 1e-6));
      BOOST_REQUIRE((t[r] >= 0 && t[r] < pi + 1e-6));
      BOOST_REQUIRE(std::abs(dx - (upper ? 1 : -1) * std::cos(t[r])) < 1e-6);
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_without_noise_lie_on_the_s_curve) {
  const DataSplit data = make({{"source", "s_curve"}});
  for (const Dataset* set : {&data.train, &data.test}) {
    const Table x = table_of(*set);
    const auto t = set->coordinate.to_vector();
    for (size_t r = 0; r < x.size(); ++r) {
      // two circles of radius 1, around (0, 1) where t < 0 and around (0, -1) elsewhere, in the plane of columns 0 and 2
      BOOST_REQUIRE(std::abs(std::hypot(x[r][0], x[r][2] + (t[r] < 0 ? -1 : 1)) - 1) < 1e-6);
      BOOST_REQUIRE(std::abs(t[r]) < 1.5 * pi + 1e-6);
      BOOST_REQUIRE(std::abs(x[r][0] - std::sin(t[r])) < 1e-6);
      BOOST_REQUIRE((x[r][1] >= 0 && x[r][1] < 2));
    }
  }
}

BOOST_AUTO_TEST_CASE(laws_are_those_of_scikit_learn) {
  for (const Json& set : golden()["sets"]) {
    const DataSplit data = make(set["options"]);
    BOOST_TEST_CONTEXT(set["options"].dump()) for (const Dataset* half : {&data.train, &data.test}) {
      const auto classes = by_class(*half);
      BOOST_TEST_REQUIRE(classes.size() == set["classes"].size());
      compare_shares(*half);
      for (size_t k = 0; k < classes.size(); ++k) {
        BOOST_TEST(worst_deviation(classes[k], set["classes"][k]) < bound);
        if (set["options"]["noise"] == 0) compare_range(classes[k], set["classes"][k]);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(blobs_are_those_of_scikit_learn) {
  for (const Json& set : golden()["blobs"]) {
    const DataSplit data = make(set["options"], 7);
    const auto centers = data.train.extras.at("centers").to_vector();
    BOOST_TEST(data.test.extras.at("centers").to_vector() == centers);
    BOOST_TEST_CONTEXT(set["options"].dump()) for (const Dataset* half : {&data.train, &data.test}) {
      const auto cluster = half->coordinate.to_vector();
      BOOST_TEST(
          (std::vector<double>(half->classes()->values.begin(), half->classes()->values.end()) == cluster));
      auto classes = by_class(*half);
      BOOST_TEST_REQUIRE(classes.size() == set["classes"].size());
      compare_shares(*half);
      for (size_t k = 0; k < classes.size(); ++k) {
        for (auto& row : classes[k])
          for (size_t c = 0; c < row.size(); ++c) row[c] -= centers[k * row.size() + c];
        BOOST_TEST(worst_deviation(classes[k], set["classes"][k]) < bound);
      }
    }
  }
  Table centers;  // of many sets
  for (uint64_t seed = 1; seed <= 5000; ++seed) {
    const auto c = make({{"source", "blobs"}, {"train_rows", 1}, {"test_rows", 1}}, seed)
                       .test.extras.at("centers")
                       .to_vector();
    for (size_t k = 0; k < 3; ++k) centers.push_back({c[2 * k], c[2 * k + 1]});
  }
  BOOST_TEST(worst_deviation(centers, golden()["blob_centers"]) < bound);
}

BOOST_AUTO_TEST_CASE(other_laws_are_told_apart) {  // the optimum is one that can be passed
  const Json& moon = golden()["sets"][1]["classes"][0];
  Table rows = by_class(make({{"source", "moons"}}).test)[0];
  BOOST_TEST(worst_deviation(rows, moon) < bound);
  for (auto& row : rows) row[1] += 0.01;
  BOOST_TEST(worst_deviation(rows, moon) > bound);
  BOOST_TEST(worst_deviation(by_class(make({{"source", "circles"}, {"noise", 0.11}}).test)[1],
                             golden()["sets"][3]["classes"][1]) > bound);
}

BOOST_AUTO_TEST_CASE(shapes_are_drawn_apart_and_redrawn_with_their_classes) {
  for (const std::string name : {"circles", "moons", "blobs", "s_curve"}) {
    const Json options{{"source", name}, {"train_rows", 500}, {"test_rows", 500}, {"redraw", true}};
    DataSplit data = make(options);
    const auto state = [&](const Dataset& set) {
      return std::tuple{set.x.tensor().to_vector(), set.coordinate.to_vector(),
                        set.classes() ? set.classes()->values : std::vector<float>{}};
    };
    const auto first = state(data.train);
    BOOST_TEST((state(make(options).train) == first));
    BOOST_TEST((std::get<0>(state(data.test)) != std::get<0>(first)));
    BOOST_TEST((std::get<0>(state(make(options, 2).train)) != std::get<0>(first)));
    data.redraw(data.train, 3);
    const auto later = state(data.train);
    BOOST_TEST((std::get<0>(later) != std::get<0>(first) && std::get<1>(later) != std::get<1>(first)));
    if (data.train.classes()) BOOST_TEST((std::get<2>(later) != std::get<2>(first)));
    data.redraw(data.train, 0);
    BOOST_TEST((state(data.train) == first));
  }
}

// phi and xi uniform: E[s^2] = E[(phi + 0.1 xi)^2] / 36, E[s sin phi] by parts, z on its own.
BOOST_AUTO_TEST_CASE(swiss_roll_has_its_moments_and_its_radius) {
  const DataSplit plain = make({{"source", "swiss_roll"}}),
                  data = make({{"source", "swiss_roll"}, {"radius", true}});
  BOOST_TEST(data.train.columns() == 4);
  const Table x = table_of(data.train), three = table_of(plain.train);
  for (size_t r = 0; r < x.size(); ++r) {
    BOOST_REQUIRE(std::abs(x[r][3] - std::hypot(x[r][0], x[r][1])) < 1e-6);
    BOOST_REQUIRE(std::equal(three[r].begin(), three[r].end(), x[r].begin()));
  }
  const auto mean_is = [&](double expected, auto f) {
    BOOST_TEST(std::abs(deviation(int64_t(x.size()), expected, [&](int64_t r) { return f(x[size_t(r)]); })) <
               bound);
  };
  const double sine = (1 - std::cos(15.0)) / 15, cosine = std::sin(15.0) / 15;  // E[sin phi], E[cos phi]
  const double phi_sine = (std::sin(15.0) - 15 * std::cos(15.0)) / 15,
               phi_cosine = (std::cos(15.0) - 1 + 15 * std::sin(15.0)) / 15;
  mean_is((phi_sine + 0.05 * sine) / 6, [](const auto& row) { return row[0]; });
  mean_is((phi_cosine + 0.05 * cosine) / 6, [](const auto& row) { return row[1]; });
  mean_is(7.5, [](const auto& row) { return row[2]; });
  mean_is(75, [](const auto& row) { return row[2] * row[2]; });
  mean_is(7.55 / 6, [](const auto& row) { return row[3]; });
  mean_is((75 + 2 * 7.5 * 0.05 + 0.01 / 3) / 36,
          [](const auto& row) { return row[0] * row[0] + row[1] * row[1]; });
}

BOOST_AUTO_TEST_CASE(shapes_that_cannot_be) {
  const auto message = [](const Json& options) { return error_of([&] { make(options); }); };
  BOOST_TEST(message({{"source", "circles"}, {"factor", 2}}) ==
             "data.factor: must be a number >= 0 and <= 1, not 2");
  BOOST_TEST(message({{"source", "moons"}, {"noise", -1}}) == "data.noise: must be a number >= 0, not -1");
  BOOST_TEST(message({{"source", "blobs"}, {"centers", 0}}) ==
             "data.centers: must be a whole number >= 1 and <= 1e+06, not 0");
  BOOST_TEST(
      contains(message({{"source", "s_curve"}, {"factor", 0.5}}), "data.factor: there is no such setting"));
}
