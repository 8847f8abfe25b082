// The analysis `calibration`: a model that draws from the exact conditional distributions is calibrated, one that is too sure of
// itself or not sure enough is not, in the direction that one expects.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "cvae/calibration.hpp"
#include "data/csv.hpp"
#include "data/table_codec.hpp"
#include "data_helpers.hpp"
#include "experiments/analyses/analyses.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr double beta = 0.1;  // noise of variance 0.05, less than any conditional variance

Json settings() {
  return Json::parse(R"({"name": "small", "seed": 3, "loss": {"beta": 0.1},
    "data": {"source": "correlated_gaussian", "train_rows": 64, "test_rows": 2000,
             "covariance": [[2.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 0.4]]},
    "model": {"encoder": [8], "latents": 4, "decoder": [8]}})");
}

/// p(x_withheld | x_given) of a Gaussian set as latents and a decoder: along each principal axis of what is left, of variance l, a
/// latent times sqrt(l - beta/2). The noise adds beta/2. All of it times `spread`, and moved by `shift`.
struct ExactModel : Cvae {
  explicit ExactModel(const Experiment& e, double spread = 1, double shift = 0)
      : distribution(*e.data.test.gaussian), columns(e.data.test.columns()), spread(spread), shift(shift) {}
  Posterior encode_here(const Tensor&, const Tensor&) override { throw Error("not asked for"); }
  int64_t latents() const override { return columns; }
  Tensor decode_here(const Tensor& z, const Tensor& c) override {
    const int64_t d = columns;
    Tensor out = Tensor::zeros({z.size(0), d});
    for (int64_t r = 0; r < z.size(0); ++r) {
      const float* condition = c.data<float>() + 2 * d * r;  // [x * m, m]
      Mask mask;
      for (int64_t i = 0; i < d; ++i) mask.push_back(condition[d + i] == 1);
      const ConditionalGaussian g = condition_on(distribution.covariance, mask);
      const EigenSystem axes = symmetric_eigen(g.covariance);
      const auto& [given, withheld] = g.columns;
      for (size_t i = 0; i < withheld.size(); ++i) {
        double value = distribution.mean[size_t(withheld[i])] + shift;
        for (size_t j = 0; j < given.size(); ++j)
          value += g.regression(int64_t(i), int64_t(j)) * condition[given[j]];  // the mean is 0
        for (size_t k = 0; k < withheld.size(); ++k)
          value += spread * axes.vectors(int64_t(k), int64_t(i)) * std::sqrt(axes.values[k] - beta / 2) *
                   z.data<float>()[r * d + int64_t(k)];
        out.data<float>()[r * d + withheld[i]] = float(value);
      }
    }
    return out;
  }
  GaussianDistribution distribution;
  int64_t columns;
  double spread, shift;
};

CalibrationResult calibration_with(double spread, double shift = 0, const Json& changes = Json::object()) {
  Json all = settings();
  all.merge_patch(changes);
  Experiment e{Config(all)};
  e.model = std::make_unique<ExactModel>(e, spread, shift);
  return calibration_of(e);
}

// By how many standard errors it is above that.
double off(const Estimate& e, double expected) { return (e.mean - expected) / e.standard_error; }

void check_calibrated(const Calibration& c) {
  for (size_t p = 0; p < c.coverage.size(); ++p)
    BOOST_TEST(std::abs(off(c.coverage[p], Calibration::probabilities[p])) < 4,
               c.name << ": " << c.coverage[p].mean << " of " << Calibration::probabilities[p]);
  BOOST_TEST(std::abs(off(c.crps.excess, 0)) < 4);
  for (const double density : c.pit) BOOST_TEST(std::abs(density - 1) < 1.2 * c.band);
  BOOST_TEST(c.deviation < 1.6);  // the root of chi-squared / 19: above that with a probability below 1e-4
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_model_with_the_exact_distributions_is_calibrated) {
  for (const bool gaps : {false, true}) {
    const Json changes = gaps ? Json{{"data", {{"missing", {{"entries", 0.3}}}}}} : Json::object();
    const CalibrationResult found = calibration_with(1, 0, changes);
    BOOST_TEST(found.rows == 2000);
    BOOST_TEST(found.draws == 100);
    BOOST_TEST_REQUIRE(found.features.size() == 3);
    int64_t entries = 0;
    for (const Calibration& c : found.features) {
      check_calibrated(c);
      entries += c.entries;
    }
    check_calibrated(found.all);
    BOOST_TEST(found.all.entries == entries);
    const double expected =
        2000 * 3 * 0.5 * (gaps ? 0.7 : 1);  // of 6000 entries, whose number varies by sqrt(1500) at most
    BOOST_TEST(std::abs(double(entries) - expected) < 4 * std::sqrt(1500.0));
    BOOST_TEST(std::abs(off(found.all.energy.excess, 0)) < 4);
    BOOST_TEST(found.all.energy.model.mean > found.all.crps.model.mean);
  }
}

BOOST_AUTO_TEST_CASE(intervals_that_are_too_narrow_or_too_wide) {
  const CalibrationResult sure = calibration_with(0.6), unsure = calibration_with(1.6);
  for (const Calibration* c : {&sure.all, &sure.features[0]}) {
    for (size_t p = 0; p < 3; ++p) BOOST_TEST(off(c->coverage[p], Calibration::probabilities[p]) < -8);
    BOOST_TEST(c->pit.front() > 1 + c->band);  // a U
    BOOST_TEST(c->pit.back() > 1 + c->band);
    BOOST_TEST(c->deviation > 3);
    BOOST_TEST(off(c->crps.excess, 0) > 5);
  }
  for (size_t p = 0; p < 3; ++p) BOOST_TEST(off(unsure.all.coverage[p], Calibration::probabilities[p]) > 8);
  BOOST_TEST(unsure.all.pit.front() < 1 - unsure.all.band);  // a hump
  BOOST_TEST(off(unsure.all.energy.excess, 0) > 5);
  const CalibrationResult high = calibration_with(1, 0.5);
  BOOST_TEST(high.all.pit.front() > 1 + high.all.band);  // a slope: the truth is low among the draws
  BOOST_TEST(high.all.pit.back() < 1 - high.all.band);
}

// The width of 90% intervals in standard deviations is known, so the coverage of other ones as well.
BOOST_AUTO_TEST_CASE(the_coverage_of_wrong_noise_is_the_one_that_follows_from_it) {
  Json changes{{"condition", {{"given", 0}}}};
  const CalibrationResult found = calibration_with(0.5, 0, changes);
  // Marginal variances 2, 1 and 0.4 = (l - 0.05) + 0.05, along with axes that mix them: the draws have l/4 + 0.0375 of l.
  for (size_t f = 0; f < 3; ++f) {
    const double variance = std::array{2.0, 1.0, 0.4}[f], ratio = std::sqrt((variance / 4 + 0.0375) / variance);
    const double expected = std::erf(1.6448536 * ratio / std::sqrt(2.0));
    BOOST_TEST(std::abs(off(found.features[f].coverage[1], expected)) <
               5);  // quantiles of 100 draws are a little off
    BOOST_TEST(found.features[f].entries == 2000);
  }
}

BOOST_AUTO_TEST_CASE(binary_and_categorical_features) {
  Experiment e{Config(Json::parse(R"({"name": "discrete", "seed": 4, "condition": {"given": 0.3},
    "data": {"source": "latent_factors", "factors": 1, "binary": 1, "real": 1, "categories": [3],
             "train_rows": 64, "test_rows": 2000},
    "model": {"encoder": [8], "latents": 1, "decoder": [8]}})"))};
  // The output of a decoder that looks at nothing: logits of 0.2, of N(0, 0.5) and of 0.5, 0.3, 0.2.
  struct Fixed : Cvae {
    std::vector<float> output;
    Posterior encode_here(const Tensor&, const Tensor&) override { throw Error("not asked for"); }
    Tensor decode_here(const Tensor& z, const Tensor&) override {
      return broadcast_to(Tensor::from(output, {1, int64_t(output.size())}),
                          {z.size(0), int64_t(output.size())});
    }
    int64_t latents() const override { return 1; }
  };
  const Dataset& set = e.data.test;
  BOOST_TEST_REQUIRE(set.columns() == 5);
  const auto make = [&](std::array<double, 3> categories) {
    auto model = std::make_unique<Fixed>();
    model->output.assign(5, 0);
    for (const Feature& f : set.features) {
      if (f.kind == FeatureKind::binary) model->output[size_t(f.first)] = float(std::log(0.2 / 0.8));
      for (int64_t k = 0; k < f.width && f.kind == FeatureKind::categorical; ++k)
        model->output[size_t(f.first + k)] = float(std::log(categories[size_t(k)]));
    }
    return model;
  };
  Tensor x = Tensor::zeros({2000, 5});
  std::vector<float> u(6000), n(2000);
  fill_uniform({1, 2, 3}, u.data(), 6000);
  fill_normal({1, 2, 4}, n.data(), 2000, 0.0f, float(std::sqrt(0.5)));  // the noise beta / 2
  for (int64_t r = 0; r < 2000; ++r)
    for (const Feature& f : set.features) {
      float* v = x.data<float>() + 5 * r + f.first;
      if (f.kind == FeatureKind::binary) *v = u[size_t(3 * r)] < 0.2f;
      if (f.kind == FeatureKind::real) *v = n[size_t(r)];
      const float c = u[size_t(3 * r + 1)];
      if (f.kind == FeatureKind::categorical) v[c < 0.5f ? 0 : c < 0.8f ? 1 : 2] = 1;
    }
  e.data.test.x = Rows(x);
  e.model = make({0.5, 0.3, 0.2});
  const CalibrationResult right = calibration_of(e);
  for (const Calibration& c : right.features) {
    BOOST_TEST(std::abs(double(c.entries) - 1400) < 4 * std::sqrt(420.0));
    BOOST_TEST(c.deviation < 1.6);
    const FeatureKind kind = set.features[size_t(c.feature)].kind;
    BOOST_TEST(c.numeric == (kind == FeatureKind::real));
    BOOST_TEST(std::isnan(c.brier.mean) == c.numeric);
    BOOST_TEST(std::isnan(c.coverage[1].mean) == !c.numeric);
    BOOST_TEST(std::isnan(c.crps.exact.mean));
    // Of a perfect forecast p (1 - p), and 1 - sum p^2.
    if (kind == FeatureKind::binary) BOOST_TEST(std::abs(off(c.brier, 0.16)) < 4);
    if (kind == FeatureKind::categorical) BOOST_TEST(std::abs(off(c.brier, 0.62)) < 4);
    if (c.numeric) BOOST_TEST(std::abs(off(c.crps.model, std::sqrt(0.5 / 3.14159265))) < 4);
  }
  BOOST_TEST(right.all.entries ==
             right.features[0].entries + right.features[1].entries + right.features[2].entries);

  e.model = make({0.2, 0.3, 0.5});
  for (const Calibration& c : calibration_of(e).features)
    if (set.features[size_t(c.feature)].kind == FeatureKind::categorical) {
      BOOST_TEST(c.deviation > 3);
      BOOST_TEST(off(c.brier, 0.62) > 5);
    }
}

// Small counts tie with most draws: the PIT of a Poisson forecast is uniform all the same, and its intervals cover what they should.
BOOST_AUTO_TEST_CASE(counts_that_tie) {
  const TemporaryFolder folder;
  std::mt19937_64 engine(7);
  std::poisson_distribution<int> poisson(1.3);
  std::string table = "n,m\n";
  for (int i = 0; i < 4000; ++i) table += str(poisson(engine), ",", poisson(engine), "\n");
  write_bytes(folder.path / "counts.csv", table);
  Experiment e{Config(Json{{"name", "counts"},
                           {"data",
                            {{"source", "table"},
                             {"path", (folder.path / "counts.csv").string()},
                             {"schema", {{"others", "poisson"}}},
                             {"test_fraction", 0.5}}},
                           {"model", {{"encoder", {8}}, {"latents", 1}, {"decoder", {8}}}}})};
  struct Rate : Cvae {
    std::vector<float> rates;  // (log mean - m) / s
    Posterior encode_here(const Tensor&, const Tensor&) override { throw Error("not asked for"); }
    Tensor decode_here(const Tensor& z, const Tensor&) override {
      return broadcast_to(Tensor::from(rates, {1, 2}), {z.size(0), 2});
    }
    int64_t latents() const override { return 1; }
  };
  const auto with_mean = [&](double mean) {
    auto model = std::make_unique<Rate>();
    for (const Scale& s : e.data.test.codec->scales())
      model->rates.push_back(float((std::log(mean) - s.mean) / s.sd));
    model->set_output_constants(e.loss.outputs.trained(), e.loss.outputs.fixed());
    e.model = std::move(model);
    return calibration_of(e);
  };
  const CalibrationResult right = with_mean(1.3), low = with_mean(0.8);
  for (const Calibration* c : {&right.all, &right.features[0], &right.features[1]}) {
    for (size_t p = 0; p < 3; ++p) BOOST_TEST(std::abs(off(c->coverage[p], Calibration::probabilities[p])) < 4);
    for (const double density : c->pit) BOOST_TEST(std::abs(density - 1) < 1.2 * c->band);
    BOOST_TEST(c->deviation < 1.6);
  }
  BOOST_TEST(low.all.pit.back() > 1 + low.all.band);
  BOOST_TEST(low.all.deviation > 3);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  std::vector<double> found;
  for (const int threads : {1, 3}) {
    const ThreadsScope scope(threads);
    const Calibration all = calibration_with(0.9).all;
    for (const double v : {all.coverage[1].mean, all.crps.model.mean, all.crps.excess.mean,
                           all.energy.excess.mean, all.pit[3], all.band})
      found.push_back(v);
  }
  for (size_t i = 0; i < found.size() / 2; ++i) BOOST_TEST(found[i] == found[found.size() / 2 + i]);
}

BOOST_AUTO_TEST_CASE(the_settings_say_how_many_rows_and_draws) {
  const CalibrationResult few =
      calibration_with(1, 0, {{"evaluation", {{"calibration_rows", 700}, {"calibration_draws", 3}}}});
  BOOST_TEST(few.rows == 700);
  BOOST_TEST(few.draws == 3);
  check_calibrated(few.all);  // also with three draws
  Json no_draws = settings();
  no_draws["evaluation"]["calibration_draws"] = 1;
  BOOST_TEST(contains(error_of([&] { Experiment{Config(no_draws)}; }), "calibration_draws"));
}

BOOST_AUTO_TEST_CASE(where_it_applies) {
  const auto applies = [](const char* changes) {
    Json all = settings();
    all.merge_patch(Json::parse(changes));
    return calibration_applies(Experiment{Config(all)});
  };
  BOOST_TEST(applies("{}"));
  BOOST_TEST(applies(R"({"condition": {"given": "uniform"}})"));
  BOOST_TEST(!applies(R"({"condition": {"given": 1}})"));
  BOOST_TEST(!applies(R"({"condition": {"kind": "none", "given": null}})"));
  BOOST_TEST(!applies(R"({"loss": {"autoencoder": true, "beta": 0}})"));
}

BOOST_AUTO_TEST_CASE(the_tables_and_the_findings) {
  const TemporaryFolder folder;
  Experiment e{Config(settings())};
  e.model = std::make_unique<ExactModel>(e, 0.6);
  AnalysisContext context{OutputFolder(folder.path)};
  const AnalysisResult result = calibration_analysis(e, context);
  const auto scores = read_csv(folder.path / "calibration.csv"), pit = read_csv(folder.path / "pit.csv");
  BOOST_TEST_REQUIRE(scores.size() == 1 + 1 + 3);
  BOOST_TEST(scores[1][0] == "");
  BOOST_TEST(scores[1][1] == "all");
  BOOST_TEST(scores[4][0] == "2");
  BOOST_TEST(scores[4][1] == "x2");
  BOOST_TEST(pit.size() == 1 + 4 * 20);
  const Findings::Calibration& found = context.findings.calibration;
  BOOST_TEST(scores[0][5] == "coverage_90");
  BOOST_TEST(scores[1][5] == to_text(found.coverage_90.mean));
  BOOST_TEST(found.rows == 2000);
  BOOST_TEST(off(found.crps_excess, 0) > 5);
  double sum = 0;
  for (size_t b = 1; b <= 20; ++b) sum += std::stod(pit[b][5]) / 20;
  BOOST_TEST(std::abs(sum - 1) < 1e-9);
  BOOST_TEST_REQUIRE(result.figures.size() == 1);
  BOOST_TEST(result.figures[0].file == "calibration.png");
  BOOST_TEST(contains(result.text, "above that of the exact distribution"));
}
