// The optimum of circles, moons and the S curve: against SciPy, against the sources' own rows, and against a training.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "base/stopwatch.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/optimum_arcs.hpp"
#include "cvae/training.hpp"
#include "data/sources.hpp"
#include "data_helpers.hpp"

using namespace elbow;
namespace tt = boost::test_tools;

namespace {

Dataset rows_of(const std::string& source, int64_t rows, const Json& more = Json::object()) {
  Json data = {{"source", source}, {"train_rows", 1}, {"test_rows", rows}};
  data.update(more);
  return make_data(Config(data), 5).test;
}

const std::vector<std::pair<std::string, double>> shipped = {{"circles", 0.1}, {"moons", 1}, {"s_curve", 1}};

/// An experiment on one of the sets.
Json settings(const std::string& source, double beta, int64_t epochs, int64_t rows) {
  return {{"name", "curve"},
          {"data", {{"source", source}, {"train_rows", rows}, {"test_rows", rows}}},
          {"loss", {{"beta", beta}}},
          {"model", {{"kind", "mlp"}, {"encoder", {32, 32}}, {"latents", 8}, {"decoder", {32, 32}}}},
          {"training", {{"epochs", epochs}, {"schedule", {{"kind", "cosine"}, {"learning_rate", 0.003}}}}}};
}

std::vector<float> mask_for_all(const std::vector<int>& mask, int64_t rows) {
  std::vector<float> all;
  for (int64_t r = 0; r < rows; ++r) all.insert(all.end(), mask.begin(), mask.end());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_arcs_are_where_the_rows_are) {
  for (const std::string source : {"circles", "moons", "s_curve"}) {
    const Dataset set = rows_of(source, 20000);
    BOOST_TEST_REQUIRE(set.arcs.has_value());
    const float* x = set.x.tensor().data<float>();
    std::vector<int64_t> on(set.arcs->arcs.size());
    double worst = 0;
    // Each row lies on an arc. The mean angle of the rows of an arc is its middle, within 5 standard errors of a uniform one.
    std::vector<double> angles(on.size());
    for (int64_t r = 0; r < set.rows(); ++r, x += set.columns()) {
      double nearest = 1;
      size_t which = 0;
      double angle = 0;
      for (size_t a = 0; a < on.size(); ++a) {
        const Arc& arc = set.arcs->arcs[a];
        const double dx = x[set.arcs->plane[0]] - arc.center[0], dy = x[set.arcs->plane[1]] - arc.center[1];
        double t = std::atan2(dy, dx);
        while (t < arc.from - 1e-5) t += 2 * M_PI;
        const double off = std::abs(std::hypot(dx, dy) - arc.radius);
        if (t <= arc.to + 1e-5 && off < nearest) nearest = off, which = a, angle = t;
      }
      worst = std::max(worst, nearest);
      ++on[which], angles[which] += angle;
    }
    BOOST_TEST(worst < 1e-6);
    for (size_t a = 0; a < on.size(); ++a) {
      const Arc& arc = set.arcs->arcs[a];
      BOOST_TEST(std::abs(double(on[a]) - 20000 * arc.probability) < 5 * std::sqrt(20000) / 2);
      const double error = (arc.to - arc.from) / std::sqrt(12 * double(on[a]));
      BOOST_TEST(std::abs(angles[a] / double(on[a]) - (arc.from + arc.to) / 2) < 5 * error);
    }
  }
  BOOST_TEST(!rows_of("circles", 5, {{"noise", 0.1}}).arcs.has_value());  // they are no curves
  BOOST_TEST(!rows_of("s_curve", 5, {{"noise", 0.1}}).arcs.has_value());
  BOOST_TEST(!rows_of("circles", 5, {{"factor", 0}}).arcs.has_value());
}

BOOST_AUTO_TEST_CASE(against_scipy) {
  const auto golden =
      nlohmann::json::parse(std::ifstream(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/curves.json"));
  for (const auto& c : golden.at("curves")) {
    const ArcDistribution distribution = *rows_of(c.at("source"), 1).arcs;
    const double beta = c.at("beta");
    // One coordinate given: the reference has 32 values on each piece of an arc.
    for (const int axis : {0, 1}) {
      const AverageOptimum got = ConditionalArcs(distribution.arcs, axis, beta).mean();
      BOOST_TEST_MESSAGE(c.at("source") << ", beta " << beta << ", given " << axis << ": " << got.loss << " - "
                                        << got.gap << ", SciPy " << c.at("one_given")[size_t(axis)]);
      BOOST_TEST(std::abs(got.loss - c.at("one_given")[size_t(axis)].get<double>()) < 4e-4 + got.gap);
    }
    // Nothing given: the reference's reconstructions are on a grid of 0.05, which costs up to 2 (0.05 / 2)^2.
    ArcDistribution plane = distribution;
    plane.plane = {0, 1}, plane.others.clear();
    const AverageOptimum got = ArcOptimum(plane, beta).at_count(0);
    BOOST_TEST_MESSAGE("nothing given: " << got.loss << " - " << got.gap << ", SciPy "
                                         << c.at("nothing_given"));
    BOOST_TEST(got.loss - got.gap < c.at("nothing_given").get<double>() + 1e-4);
    BOOST_TEST(got.loss > c.at("nothing_given").get<double>() - 2e-3);
  }
}

BOOST_AUTO_TEST_CASE(shipped_sets_are_certified_and_quick) {
  for (const auto& [source, beta] : shipped) {
    const ArcOptimum optimum(*rows_of(source, 1).arcs, beta);
    const Stopwatch watch;
    const AverageOptimum all = optimum.average();
    BOOST_TEST_MESSAGE(source << ": " << all.loss << " - " << all.gap << ", " << watch.seconds() << " s");
    BOOST_TEST(all.gap > 0);
    BOOST_TEST(all.gap < 2e-4);
    BOOST_TEST(watch.seconds() < 5);  // 0.2 s on an idle core
    BOOST_TEST(std::isnan(all.active));
    BOOST_TEST(all.kl_per_latent.empty());
    BOOST_TEST(all.loss == all.distortion + beta * all.kl, tt::tolerance(1e-9));
    double mixed = 0;
    const int64_t d = optimum.columns();
    for (int64_t given = 0; given <= d; ++given)
      mixed += optimum.at_count(given).loss * (given == 0 || given == d ? 1 : double(d)) / double(1 << d);
    BOOST_TEST(all.loss == mixed, tt::tolerance(1e-12));
    BOOST_TEST(optimum.at_count(d).loss == 0);
  }
}

// In units s times as large: loss and beta are s^2 times as large.
BOOST_AUTO_TEST_CASE(scales) {
  ArcDistribution moons = *rows_of("moons", 1).arcs;
  const AverageOptimum unit = ArcOptimum(moons, 0.4).average();
  for (Arc& arc : moons.arcs) arc.radius *= 3, arc.center[0] *= 3, arc.center[1] *= 3;
  const AverageOptimum scaled = ArcOptimum(moons, 9 * 0.4).average();
  BOOST_TEST(std::abs(scaled.loss / 9 - unit.loss) < unit.gap + scaled.gap / 9);
}

// The law of one coordinate given the other is that of the source's rows in a thin slab. With a huge beta nothing is encoded, and
// the loss of a row is its squared distance from the conditional mean m: those of the lowest and the highest row tell m.
BOOST_AUTO_TEST_CASE(conditional_laws_against_rows_in_a_slab) {
  for (const auto& [source, unused] : shipped) {
    const Dataset set = rows_of(source, 2000000);
    const float* x = set.x.tensor().data<float>();
    int compared = 0;
    for (const int axis : {0, 1})
      for (const double v : {-0.3, 0.17, 0.42, 0.8}) {
        std::vector<double> slab;
        for (int64_t r = 0; r < set.rows(); ++r) {
          const float* row = x + r * set.columns();
          if (std::abs(row[set.arcs->plane[size_t(axis)]] - v) < 2e-3)
            slab.push_back(row[set.arcs->plane[size_t(1 - axis)]]);
        }
        if (slab.size() < 1000) continue;
        const ConditionalArcs conditional(set.arcs->arcs, axis, 1000);
        const Estimate mean = estimate_of(slab);
        const auto [low, high] = std::minmax_element(slab.begin(), slab.end());
        const double of_low = conditional.row(v, *low).loss, of_high = conditional.row(v, *high).loss;
        if (*high - *low < 0.05) {  // a single branch: it is known
          BOOST_TEST(of_low < 1e-9);
          continue;
        }
        const double m = (*high + *low - (of_high - of_low) / (*high - *low)) / 2;
        BOOST_TEST(std::abs(m - mean.mean) < 4 * mean.standard_error + 4e-3,
                   source << " given " << axis << " = " << v << ": " << slab.size() << " rows, mean "
                          << mean.mean << " +- " << mean.standard_error << ", of the law " << m);
        ++compared;
      }
    BOOST_TEST(compared >= 4);
  }
}

BOOST_AUTO_TEST_CASE(rows_average_to_the_optimum) {
  constexpr int64_t rows = 60000;
  for (const auto& [source, beta] : shipped)
    for (const double scale : {1.0, 0.1}) {
      const Dataset set = rows_of(source, rows);
      const ArcOptimum optimum(*set.arcs, scale * beta);
      const int64_t d = set.columns();
      for (int given = 0; given < 1 << d; ++given) {
        std::vector<int> mask;
        for (int64_t i = 0; i < d; ++i) mask.push_back(given >> i & 1);
        const std::vector<float> masks = mask_for_all(mask, rows);
        std::vector<double> loss;
        for (const auto& row : optimum.optimal_rows(set.x.tensor().data<float>(), masks.data(), rows)) {
          BOOST_REQUIRE(std::abs(row.loss - row.distortion - scale * beta * row.kl) < 1e-9);
          loss.push_back(row.loss);
        }
        const Estimate mean = estimate_of(loss);
        double expected = 0;
        const auto lost = [&](int64_t column) { return mask[size_t(column)] == 0; };
        const auto [a, b] = set.arcs->plane;
        const ArcDistribution plane{{0, 1}, set.arcs->arcs, {}};
        if (lost(a) && lost(b)) expected += ArcOptimum(plane, scale * beta).at_count(0).loss;
        if (lost(a) != lost(b))
          expected += ConditionalArcs(set.arcs->arcs, lost(a) ? 1 : 0, scale * beta).mean().loss;
        for (const auto& [column, low, high] : set.arcs->others)
          if (lost(column)) {
            std::vector<float> one_lost(size_t(d), 1.0f);
            one_lost[size_t(column)] = 0;
            constexpr int points = 2000;  // midpoint rule over the uniform column
            for (int i = 0; i < points; ++i) {
              std::vector<float> row(size_t(d), 0.0f);
              row[size_t(column)] = float(low + (high - low) * (i + 0.5) / points);
              expected += optimum.optimal_rows(row.data(), one_lost.data(), 1)[0].loss / points;
            }
          }
        BOOST_TEST(std::abs(mean.mean - expected) < 4.5 * mean.standard_error + 2e-4,
                   source << ", beta " << scale * beta << ", mask " << given << ": rows " << mean.mean << " +- "
                          << mean.standard_error << ", expected " << expected);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_missing_column_is_neither_given_nor_in_the_loss) {
  const Dataset set = rows_of("moons", 20000);
  const ArcOptimum optimum(*set.arcs, 0.5);
  // Always one entry there: withheld, it is a coordinate of its own; given, nothing is left.
  const std::vector<float> nothing = mask_for_all({0, 0}, set.rows()), there = mask_for_all({1, 0}, set.rows());
  std::vector<double> loss;
  for (const auto& row :
       optimum.optimal_rows(set.x.tensor().data<float>(), nothing.data(), set.rows(), there.data()))
    loss.push_back(row.loss);
  const Estimate mean = estimate_of(loss);
  // It knows less than with the other coordinate given, and has less to say than both.
  const double given = ConditionalArcs(set.arcs->arcs, 1, 0.5).mean().loss;
  BOOST_TEST(mean.mean > given + 4 * mean.standard_error);
  BOOST_TEST(mean.mean < optimum.at_count(0).loss);
  // Of rows that miss each entry with probability 1/2, nothing given: 1/4 both, 1/4 one, 1/4 the other.
  std::vector<double> other;
  const std::vector<float> second = mask_for_all({0, 1}, set.rows());
  for (const auto& row :
       optimum.optimal_rows(set.x.tensor().data<float>(), nothing.data(), set.rows(), second.data()))
    other.push_back(row.loss);
  const Estimate of_other = estimate_of(other);
  const double expected = (optimum.at_count(0).loss + mean.mean + of_other.mean) / 4;
  BOOST_TEST(std::abs(optimum.average(0, 1024, 1, {1, 0.5}).loss - expected) <
             mean.standard_error + of_other.standard_error + 1e-3);
  const std::vector<float> given_both = mask_for_all({1, 1}, 1);
  BOOST_TEST(test::contains(test::error_of([&] {
                              optimum.optimal_rows(set.x.tensor().data<float>(), given_both.data(), 1,
                                                   there.data());
                            }),
                            "a missing entry is given"));
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const int before = num_threads();
  std::vector<double> first;
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    const Dataset set = rows_of("circles", 2000);
    const ArcOptimum optimum(*set.arcs, 0.1);
    std::vector<double> got = {optimum.average().loss, optimum.average().gap, optimum.average_uniform().loss};
    for (const auto& mask : {std::vector<int>{0, 0}, {1, 0}, {0, 1}})
      for (const auto& row : optimum.optimal_rows(set.x.tensor().data<float>(),
                                                  mask_for_all(mask, set.rows()).data(), set.rows()))
        got.push_back(row.loss);
    if (first.empty()) first = got;
    BOOST_TEST(got == first);
  }
  set_num_threads(before);
}

BOOST_AUTO_TEST_CASE(a_training_stays_above) {
  for (const auto& [source, beta] : shipped) {
    Experiment e{Config(settings(source, beta, 4, 16000))};
    BOOST_TEST_REQUIRE(bool(e.optimum));
    BOOST_TEST(e.gaussian_optimum() == nullptr);
    Training training(e);
    while (training.epochs_done() < e.training.epochs) training.epoch([](int64_t) {});
    const RowLosses rows = test_losses(e, 8, true);
    const Estimate excess = estimate_of(rows.excess);
    BOOST_TEST_MESSAGE(source << ": excess " << excess.mean << " +- " << excess.standard_error);
    BOOST_TEST(excess.mean > -4 * excess.standard_error);
    BOOST_TEST(excess.mean < 0.5);
    for (const CountResult& c : per_count_results(e, rows)) {
      BOOST_TEST_REQUIRE(c.optimum.has_value());
      BOOST_TEST(c.excess->mean > -4 * c.excess->standard_error - 1e-12);
    }
  }
}

// Where a row's class is given, or there is noise, or the loss is another one, the optimum is not this one.
BOOST_AUTO_TEST_CASE(where_it_does_not_apply) {
  Json json = settings("circles", 0.1, 0, 100);
  json["condition"] = {{"kind", "label"}};
  BOOST_TEST(!Experiment{Config(json)}.optimum);
  json["condition"] = {{"kind", "none"}};
  BOOST_TEST(bool(Experiment{Config(json)}.optimum));
  json["data"]["noise"] = 0.05;
  BOOST_TEST(!Experiment{Config(json)}.optimum);
}

BOOST_AUTO_TEST_CASE(impossible_distributions) {
  const auto error = [](const ArcDistribution& d, double beta) {
    return test::error_of([&] { ArcOptimum(d, beta); });
  };
  const Arc arc{{0, 0}, 1, 0, 3, 1};
  BOOST_TEST(test::contains(error({{0, 1}, {arc}, {}}, 0), "beta is 0"));
  BOOST_TEST(test::contains(error({{0, 2}, {arc}, {}}, 1), "column 1 has no distribution"));
  BOOST_TEST(test::contains(error({{0, 1}, {arc, arc}, {}}, 1), "the probability 2"));
  BOOST_TEST(test::contains(error({{0, 1}, {{{0, 0}, 0, 0, 3, 1}}, {}}, 1), "an arc of radius 0"));
  BOOST_TEST(error({{0, 1}, {arc}, {}}, 1) == "no error");
}
