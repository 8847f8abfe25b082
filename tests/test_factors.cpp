// Information, mutual information, forests and separation of latents against scikit-learn, SciPy and NumPy
// (tests/golden/make_factors.py) and closed forms; the analysis `factors` on latents whose answers are known.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "experiments/analyses/factor_scores.hpp"
#include "experiments/runs/results_files.hpp"
#include "golden_case.hpp"
#include "metrics/aggregate_posterior.hpp"
#include "metrics/disentanglement.hpp"
#include "metrics/mutual_information.hpp"
#include "metrics/random_forest.hpp"
#include "tests/data_helpers.hpp"
#include "tests/threads_scope.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

using Numbers = std::vector<double>;

nlohmann::json golden() { return golden_file("factors.json"); }

Numbers uniform_numbers(uint64_t step, int64_t n) {
  return uniform({1, 1, step}, {n}, 0, 1, DType::float64).to_vector<double>();
}

/// Rows `first`, ..., of a matrix.
Matrix some_rows(const Numbers& x, int64_t columns, int64_t first, int64_t count) {
  return {count, columns, {x.begin() + first * columns, x.begin() + (first + count) * columns}};
}

/// Posteriors of a linear Gaussian model: x ~ N(0, I), z | x ~ N(gain x, 1 - gain^2), each latent of its own x; the aggregate
/// posterior is the prior N(0, I).
struct LinearPosteriors {
  Tensor mean, log_var;
  Numbers kl;

  LinearPosteriors(int64_t rows, const Numbers& gains, double shift = 0) {
    const auto latents = int64_t(gains.size());
    Numbers m = normal({2, 2, 2}, {rows, latents}, 0, 1, DType::float64).to_vector<double>(), v(m.size());
    for (int64_t r = 0; r < rows; ++r) {
      kl.push_back(0);
      for (int64_t l = 0; l < latents; ++l) {
        const auto i = size_t(r * latents + l);
        const double variance = 1 - gains[size_t(l)] * gains[size_t(l)];
        m[i] = gains[size_t(l)] * m[i] + shift;
        v[i] = std::log(variance);
        kl.back() += 0.5 * (m[i] * m[i] + variance - 1 - v[i]);
      }
    }
    mean = Tensor::from(m, {rows, latents});
    log_var = Tensor::from(v, {rows, latents});
  }
  KlParts parts(const std::vector<int64_t>& group = {}) const {
    return kl_parts(mean, log_var, kl, group, {3, 3, 3});
  }
};

Experiment experiment(const char* changes) {
  Json json = Json::parse(R"({"name": "factors", "seed": 5,
    "data": {"source": "swiss_roll", "train_rows": 64, "test_rows": 4000},
    "model": {"encoder": [8], "latents": 3, "decoder": [8]}})");
  json.merge_patch(Json::parse(changes));
  return Experiment{Config(json)};
}

/// The scores of latents that are these functions of the two factors of a swiss roll, scaled to 0..1; a third one is inactive and
/// copies the angle.
template <class F> FactorMap scores_of(F latents_of) {
  const Experiment e = experiment("{}");
  FactorRows rows = factor_rows(e);
  rows.mean.clear();
  for (const int64_t r : rows.rows) {
    const double angle = rows.factors[0]->values[size_t(r)] / 15,
                 height = rows.factors[1]->values[size_t(r)] / 15;
    const std::array<double, 2> z = latents_of(angle, height);
    rows.mean.insert(rows.mean.end(), {z[0], z[1], angle});
  }
  rows.latent_kl = {1, 2, 0};
  return factor_map(e, rows);
}

}  // namespace

BOOST_AUTO_TEST_CASE(mutual_information_and_entropy_are_those_of_scikit_learn_and_scipy) {
  for (const auto file = golden(); const auto& c : file["information"]) {
    BOOST_TEST_CONTEXT(c["name"].get<std::string>()) {
      const auto bins = equal_width_bins(c["a"].get<Numbers>());
      BOOST_TEST(bins == c["bins_of_a"].get<std::vector<int32_t>>(), boost::test_tools::per_element());
      const auto b = c["b"].get<Numbers>();
      const auto labels = c["classes"] > 0 ? std::vector<int32_t>(b.begin(), b.end()) : equal_width_bins(b);
      BOOST_TEST(std::abs(mutual_information(bins, labels) - c["information"].get<double>()) < 1e-12);
      BOOST_TEST(std::abs(mutual_information(labels, bins) - c["information"].get<double>()) < 1e-12);
      BOOST_TEST(std::abs(entropy_of(labels) - c["entropy_of_b"].get<double>()) < 1e-12);
    }
  }
}

// Of n independent pairs about (A - 1)(B - 1) / 2n, half of a chi-squared variable with so many degrees of freedom, over n.
BOOST_AUTO_TEST_CASE(independent_variables_have_the_information_of_chance) {
  constexpr int64_t n = 4000;
  const double freedom = 19 * 19, expected = freedom / (2 * n), error = std::sqrt(2 * freedom) / (2 * n);
  const double found =
      mutual_information(equal_width_bins(uniform_numbers(1, n)), equal_width_bins(uniform_numbers(2, n)));
  BOOST_TEST(std::abs(found - expected) < 4 * error);
}

BOOST_AUTO_TEST_CASE(gaps_and_separation_are_those_of_numpy) {
  for (const auto file = golden(); const auto& c : file["gaps"]) {
    const Matrix information(c["rows"], c["cols"], c["information"].get<Numbers>());
    BOOST_TEST(std::abs(mutual_information_gap(information, c["entropies"].get<Numbers>()) -
                        c["gap"].get<double>()) < 1e-12);
  }
  for (const auto file = golden(); const auto& c : file["separations"]) {
    const Disentanglement d = disentanglement_of({c["rows"], c["cols"], c["importance"].get<Numbers>()});
    BOOST_TEST(std::abs(d.disentanglement - c["disentanglement"].get<double>()) < 1e-12);
    BOOST_TEST(std::abs(d.completeness - c["completeness"].get<double>()) < 1e-12);
  }
  BOOST_TEST(std::isnan(disentanglement_of(Matrix(3, 1, {1, 0, 0})).disentanglement));  // of one factor
  BOOST_TEST(std::isnan(disentanglement_of(Matrix(1, 3, {1, 0, 0})).completeness));     // in one latent
  BOOST_TEST(std::isnan(disentanglement_of(Matrix(2, 2)).completeness));                // nothing matters
  BOOST_TEST(mutual_information_gap(Matrix(2, 2, {1, 0, 0, 0}), {2, 0}) == 0.5);  // one factor without entropy
  BOOST_TEST(mutual_information_gap(Matrix(0, 2), {2, 1}) == 0);                  // no latent
  BOOST_TEST(std::isnan(mutual_information_gap(Matrix(2, 1, {0, 0}), {0})));
}

// scikit-learn's forests differ from seed to seed, by the standard deviations in the file; ours is one more.
BOOST_AUTO_TEST_CASE(forests_are_like_those_of_scikit_learn) {
  const auto forests = golden()["forests"];
  const auto x = forests["x"].get<Numbers>();
  for (const auto& c : forests["cases"]) {
    BOOST_TEST_CONTEXT(c["name"].get<std::string>()) {
      const int64_t n = c["rows"], held_out = c["held_out"], columns = c["columns"];
      const auto y = c["y"].get<Numbers>();
      const Matrix learned = some_rows(x, columns, 0, n), others = some_rows(x, columns, n, held_out);
      const ForestTarget target{{y.begin(), y.begin() + n}, c["classes"]},
          held_out_target{{y.begin() + n, y.end()}, c["classes"]};
      const RandomForest forest(learned, target, {1, 1, 1});
      BOOST_TEST(std::abs(forest.score(others, held_out_target) - c["score"].get<double>()) <
                 4 * c["score_sd"].get<double>());
      double sum = 0;
      for (size_t i = 0; i < size_t(columns); ++i) {
        const double importance = forest.importances()[i];
        BOOST_TEST(std::abs(importance - c["importances"][i].get<double>()) <
                   4 * c["importances_sd"][i].get<double>());
        sum += importance;
      }
      BOOST_TEST(std::abs(sum - 1) < 1e-12);

      const ThreadsScope threads(3);
      const RandomForest again(learned, target, {1, 1, 1}), other(learned, target, {1, 1, 1000});
      BOOST_TEST((again.importances() == forest.importances()));
      BOOST_TEST(again.score(others, held_out_target) == forest.score(others, held_out_target));
      BOOST_TEST((other.importances() != forest.importances()));
    }
  }
}

BOOST_AUTO_TEST_CASE(forests_without_anything_to_learn) {
  const Matrix x(20, 1, uniform_numbers(3, 20));
  const RandomForest constant(x, {Numbers(20, 7.5), 0}, {1, 1, 1});
  BOOST_TEST(constant.importances()[0] == 0);
  BOOST_TEST(constant.predict(x.values.data()) == 7.5);
  BOOST_TEST(std::isnan(constant.score(x, {Numbers(20, 7.5), 0})));
  const RandomForest blind(Matrix(20, 0), {uniform_numbers(4, 20), 0}, {1, 1, 1});  // no inputs: about the mean
  BOOST_TEST(blind.importances().empty());
  BOOST_TEST(std::abs(blind.score(Matrix(20, 0), {uniform_numbers(4, 20), 0})) < 0.1);
  const RandomForest alike(Matrix(20, 1), {uniform_numbers(4, 20), 0},
                           {1, 1, 1});  // inputs that tell nothing apart
  BOOST_TEST(alike.importances()[0] == 0);
  BOOST_TEST(contains(error_of([&] { RandomForest(x, {Numbers(19, 0.0), 0}, {1, 1, 1}); }), "19 targets"));
  BOOST_TEST(contains(error_of([&] { RandomForest(x, {Numbers(20, 3.0), 3}, {1, 1, 1}); }), "3 is no class"));
}

// I(x; z) = sum 1/2 log(1 + signal / noise) = sum -1/2 log(1 - gain^2), and KL(q(z) || p(z)) = 0.
BOOST_AUTO_TEST_CASE(information_of_linear_posteriors_is_the_closed_form) {
  const Numbers gains{0.9, 0.5, 0};
  const LinearPosteriors q(4096, gains);
  double exact = 0;
  for (const double gain : gains) exact -= 0.5 * std::log(1 - gain * gain);
  const KlParts parts = q.parts();
  const double error = parts.information.standard_error;
  BOOST_TEST(error < 0.02);
  // The bias of either estimate is about variance(density / mean density) / 2 rows: below 0.01 for these.
  BOOST_TEST(std::abs(parts.information.mean - exact) < 4 * error + 0.01);
  BOOST_TEST(std::abs(parts.information_above - exact) < 4 * error + 0.01);
  BOOST_TEST(parts.information.mean < parts.information_above);
  BOOST_TEST(std::abs(parts.largest_information - std::log(4096.0)) < 1e-12);
  BOOST_TEST(std::abs(parts.kl - estimate_of(q.kl).mean) < 1e-12);
  BOOST_TEST(std::abs(parts.prior_part) < 4 * (error + estimate_of(q.kl).standard_error) + 0.01);

  // Posteriors away from the prior: the same information, and KL(N(1, 1) || N(0, 1)) = 1/2 for each latent.
  const LinearPosteriors shifted(4096, gains, 1);
  const KlParts away = shifted.parts();
  BOOST_TEST(std::abs(away.information.mean - parts.information.mean) < 1e-9);
  BOOST_TEST(std::abs(away.prior_part - 1.5) < 4 * (error + estimate_of(shifted.kl).standard_error) + 0.01);

  const ThreadsScope threads(3);
  BOOST_TEST(q.parts().information.mean == parts.information.mean);
  BOOST_TEST(q.parts().information_above == parts.information_above);
}

BOOST_AUTO_TEST_CASE(information_stops_at_the_logarithm_of_the_rows) {
  const KlParts parts = LinearPosteriors(500, Numbers(6, 0.9999)).parts();  // 25 nats
  BOOST_TEST(parts.information.mean <= std::log(500.0) + 1e-12);
  BOOST_TEST(parts.information.mean > std::log(500.0) - 0.01);
  BOOST_TEST(parts.information_above > 20);
  const KlParts none = LinearPosteriors(500, Numbers(2, 0.0)).parts();
  BOOST_TEST(std::abs(none.information.mean) < 1e-12);
}

// Within a group all posteriors are one; between the groups they are far apart.
BOOST_AUTO_TEST_CASE(rows_are_compared_within_their_group) {
  Numbers mean(300);
  std::vector<int64_t> group;
  for (size_t r = 0; r < mean.size(); ++r) group.push_back(int64_t(r % 3)), mean[r] = 100 * double(r % 3);
  const Tensor m = Tensor::from(mean, {300, 1}), v = Tensor::zeros({300, 1}, DType::float64);
  const KlParts apart = kl_parts(m, v, mean, {}, {1, 1, 1}), within = kl_parts(m, v, mean, group, {1, 1, 1});
  BOOST_TEST(std::abs(apart.information.mean - std::log(3.0)) < 1e-9);
  BOOST_TEST(std::abs(within.information.mean) < 1e-9);
  BOOST_TEST(std::abs(within.largest_information - std::log(100.0)) < 1e-12);
  BOOST_TEST(contains(error_of([&] { kl_parts(m, v, {1}, {}, {1, 1, 1}); }), "300 rows"));
}

BOOST_AUTO_TEST_CASE(latents_that_are_the_factors_are_separated_and_rotated_ones_are_not) {
  const FactorMap permuted = scores_of([](double a, double h) { return std::array{h, 1 - a}; });
  BOOST_TEST(permuted.latents == (std::vector<int64_t>{1, 0}),
             boost::test_tools::per_element());  // by KL; no third one
  BOOST_TEST(permuted.scores.gap > 0.97);
  BOOST_TEST(permuted.scores.disentanglement > 0.98);
  BOOST_TEST(permuted.scores.completeness > 0.98);
  for (const double score : permuted.scores.informativeness) BOOST_TEST(score > 0.999);
  BOOST_TEST(permuted.normalised(0, 0) > 0.99);
  BOOST_TEST(permuted.normalised(1, 0) < 0.03);

  const FactorMap rotated = scores_of([](double a, double h) { return std::array{a + h, a - h}; });
  BOOST_TEST(rotated.scores.gap < 0.05);
  BOOST_TEST(rotated.scores.disentanglement < 0.05);
  BOOST_TEST(rotated.scores.completeness < 0.05);
  for (const double score : rotated.scores.informativeness) BOOST_TEST(score > 0.97);
}

BOOST_AUTO_TEST_CASE(active_units_vary_by_more_than_a_hundredth) {
  Numbers mean;
  for (int r = 0; r < 100; ++r) mean.insert(mean.end(), {r % 2 ? 0.11 : -0.11, r % 2 ? 5.09 : 4.91, 3.0});
  BOOST_TEST(active_units(mean, 3) == 1);
}

BOOST_AUTO_TEST_CASE(what_is_given_while_the_information_is_measured) {
  const FactorRows columns = factor_rows(experiment(R"({"evaluation": {"factor_rows": 500}})"));
  BOOST_TEST(columns.rows.size() == 500U);
  BOOST_TEST(columns.mean.size() == 1500U);
  BOOST_TEST(columns.group.empty());
  // Attributes are withheld where a model can do without, and else each row has its own.
  const Experiment withheld =
      experiment(R"({"data": {"source": "moons"}, "condition": {"kind": "label", "withheld": 0.5}})");
  BOOST_TEST(factor_rows(withheld).group.empty());
  const Experiment given = experiment(R"({"data": {"source": "moons"}, "condition": {"kind": "label"}})");
  const FactorRows rows = factor_rows(given);
  BOOST_TEST_REQUIRE(rows.group.size() == rows.rows.size());
  for (size_t r = 1; r < rows.rows.size(); ++r) {
    const auto& classes = rows.factors[0]->values;
    BOOST_REQUIRE((rows.group[r] == rows.group[0]) ==
                  (classes[size_t(rows.rows[r])] == classes[size_t(rows.rows[0])]));
  }
  BOOST_TEST(std::abs(factor_map(given, rows).scores.largest_information - std::log(2000.0)) < 0.01);
  // The KL of the rows is the one that all other analyses see.
  const FactorRows none = factor_rows(experiment(R"({"condition": {"kind": "none"}})"));
  BOOST_TEST(std::accumulate(none.kl.begin(), none.kl.end(), 0.0) / double(none.kl.size()) ==
                 std::accumulate(none.latent_kl.begin(), none.latent_kl.end(), 0.0),
             boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(findings_survive_the_summary) {
  Findings findings;
  BOOST_TEST(!findings_json(findings).contains("factors"));
  findings.factors = scores_of([](double a, double h) { return std::array{h, a}; }).scores;
  findings.factors.completeness = no_number;
  const Json json = findings_json(findings);
  const Findings::Factors f = findings_from(json).factors;
  BOOST_TEST(findings_json(findings_from(json)).dump() == json.dump());
  BOOST_TEST(f.gap == findings.factors.gap);
  BOOST_TEST(f.information.standard_error == findings.factors.information.standard_error);
  BOOST_TEST(f.informativeness == findings.factors.informativeness, boost::test_tools::per_element());
  BOOST_TEST(json["factors"]["completeness"].is_null());
}

namespace {

/// The factor's value in each row.
const std::vector<float>& factor(const Dataset& set, const std::string& name) {
  for (const Attribute* f : factors_of(set))
    if (f->feature.name == name) return f->values;
  throw Error("there is no factor " + name);
}

/// The largest |error(row, x)| over the rows.
template <class F> double worst(const Dataset& set, F error) {
  const auto x = set.x.tensor().to_vector<double>();
  double largest = 0;
  for (int64_t r = 0; r < set.rows(); ++r)
    largest = std::max(largest, std::abs(error(size_t(r), &x[size_t(r * set.columns())])));
  return largest;
}

DataSplit drawn(Json settings) {
  for (const char* rows : {"train_rows", "test_rows"}) settings[rows] = 300;
  settings["redraw"] = true;
  return make_data(Config(settings), 4);
}

}  // namespace

// On the rows that were drawn first, and on those that are drawn later in their place.
BOOST_AUTO_TEST_CASE(rows_are_what_their_factors_say) {
  const auto check = [](const Json& settings, auto error) {
    DataSplit data = drawn(settings);
    BOOST_TEST(worst(data.train, error(data.train)) < 1e-5);
    BOOST_TEST(worst(data.test, error(data.test)) < 1e-5);
    const auto before = factors_of(data.train).back()->values;
    data.redraw(data.train, 2);
    BOOST_TEST((factors_of(data.train).back()->values != before));
    BOOST_TEST(worst(data.train, error(data.train)) < 1e-5);
  };
  check({{"source", "swiss_roll"}, {"radius", true}}, [](const Dataset& set) {
    return [&angle = factor(set, "angle"), &height = factor(set, "height")](size_t r, const double* x) {
      return std::hypot(x[0] - x[3] * std::sin(angle[r]), x[1] - x[3] * std::cos(angle[r]), x[2] - height[r]);
    };
  });
  check({{"source", "s_curve"}}, [](const Dataset& set) {
    return [&angle = factor(set, "angle"), &height = factor(set, "height")](size_t r, const double* x) {
      const double bend = std::cos(angle[r]) - 1;
      return std::hypot(x[0] - std::sin(angle[r]), x[1] - height[r], x[2] - (angle[r] < 0 ? -bend : bend));
    };
  });
  check({{"source", "circles"}, {"factor", 0.3}}, [](const Dataset& set) {
    return [&angle = factor(set, "angle"), &classes = factor(set, "class")](size_t r, const double* x) {
      const double radius = classes[r] == 0 ? 1 : 0.3;
      return std::hypot(x[0] - radius * std::cos(angle[r]), x[1] - radius * std::sin(angle[r]));
    };
  });
  check({{"source", "moons"}}, [](const Dataset& set) {
    return [&angle = factor(set, "angle"), &classes = factor(set, "class")](size_t r, const double* x) {
      const double c = std::cos(angle[r]), s = std::sin(angle[r]);
      return classes[r] == 0 ? std::hypot(x[0] - c, x[1] - s) : std::hypot(x[0] - 1 + c, x[1] - 0.5 + s);
    };
  });
  check({{"source", "blobs"}, {"spread", 0}}, [](const Dataset& set) {
    return [&classes = factor(set, "class"), centers = set.extras.at("centers").to_vector<double>()](
               size_t r, const double* x) {
      const double* center = &centers[2 * size_t(classes[r])];
      return std::hypot(x[0] - center[0], x[1] - center[1]);
    };
  });
  const Json linear{{"source", "latent_factors"}, {"factors", 3}, {"binary", 0}, {"real", 5}, {"noise", 0},
                    {"categories", Json::array()}};
  check(linear, [](const Dataset& set) {
    return [&set, loadings = set.extras.at("loadings").to_vector<double>()](size_t r, const double* x) {
      double error = 0;
      for (size_t c = 0; c < 5; ++c) {
        double sum = -x[c];
        for (size_t k = 0; k < 3; ++k) sum += loadings[3 * c + k] * factor(set, str("factor", k))[r];
        error = std::max(error, std::abs(sum));
      }
      return error;
    };
  });
  BOOST_TEST(factors_of(drawn({{"source", "blobs"}}).test).size() == 1U);
  BOOST_TEST(factors_of(drawn({{"source", "independent_gaussian"}, {"columns", 2}}).test).empty());
  BOOST_TEST(factors_of(drawn({{"source", "latent_factors"}, {"factors", 65}}).test).empty());
}
