// The analyses `pca` and `frechet`: generated rows, their covariance at the optimum, the curve from nothing given to
// everything given, and the tables.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/tape.hpp"
#include "cvae/generation.hpp"
#include "data_helpers.hpp"
#include "experiments/analyses/analyses.hpp"
#include "metrics/moments.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

Json settings(int64_t test_rows = 4000) {
  return Json::parse(str(R"({"name": "small", "seed": 3, "loss": {"beta": 0.6},
    "data": {"source": "correlated_gaussian", "train_rows": 64, "test_rows": )",
                         test_rows, R"(,
             "covariance": [[2.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 0.2]]},
    "model": {"encoder": [8], "latents": 4, "decoder": [8]}})"));
}

/// The decoder of the optimal linear model: the prediction from the given columns, and along each principal axis of what is
/// left, of variance l, a latent times sqrt(max(0, l - beta/2)). (docs/optimum.md: the gain a l.)
struct OptimalModel : Cvae {
  explicit OptimalModel(const Experiment& e)
      : distribution(*e.data.test.gaussian), beta(e.loss.beta), columns(e.data.test.columns()) {}
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
        double value = distribution.mean[withheld[i]];
        for (size_t j = 0; j < given.size(); ++j)
          value += g.regression(int64_t(i), int64_t(j)) * (condition[given[j]] - distribution.mean[given[j]]);
        for (size_t k = 0; k < withheld.size(); ++k)
          value += axes.vectors(int64_t(k), int64_t(i)) * std::sqrt(std::max(0.0, axes.values[k] - beta / 2)) *
                   z.data<float>()[r * d + int64_t(k)];
        out.data<float>()[r * d + withheld[i]] = float(value);
      }
    }
    return out;
  }
  GaussianDistribution distribution;
  double beta;
  int64_t columns;
};

/// Answers 0: a column that it is not given lies further away by its whole variance.
struct SilentModel : Cvae {
  Posterior encode_here(const Tensor&, const Tensor&) override { throw Error("not asked for"); }
  Tensor decode_here(const Tensor& z, const Tensor&) override { return Tensor::zeros({z.size(0), 3}); }
  int64_t latents() const override { return 1; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(generated_rows_keep_what_is_given_and_meet_the_same_latents) {
  Experiment e{Config(settings())};
  e.model->train(false);
  const std::vector<int64_t> index{5, 0, 17};
  const Tensor some = generated_rows(e, index, Mask{false, true, false}),
               all = generated_rows(e, index, Mask(3, true)), none = generated_rows(e, index, Mask(3, false));
  const NoGrad no_grad;
  const Batch batch = rows_of(e.data.test, index);
  Condition::Drawn drawn;
  e.condition.give(batch, Mask{false, true, false}, drawn);
  const Tensor made = e.model->decode(normal({e.seed, 11, 0}, {3, 4}), drawn.c);  // 11: the stream of sampling
  for (int64_t r = 0; r < 3; ++r)
    for (int64_t i = 0; i < 3; ++i) {
      const int64_t at = 3 * r + i;
      BOOST_TEST(all.data<float>()[at] == batch.x.data<float>()[at]);
      BOOST_TEST(some.data<float>()[at] == (i == 1 ? batch.x : made).data<float>()[at]);
      BOOST_TEST(none.data<float>()[at] != batch.x.data<float>()[at]);
    }
  BOOST_TEST(contains(error_of([&] { generated_rows(e, index, Mask(2)); }), "2 do not fit"));
}

BOOST_AUTO_TEST_CASE(the_covariance_of_the_optimal_models_rows) {
  const auto check = [](const Matrix& covariance, double beta, const Mask& mask,
                        const std::vector<double>& expected) {
    const Matrix generated = optimal_generated_covariance(covariance, beta, mask);
    for (size_t i = 0; i < expected.size(); ++i)
      BOOST_TEST(std::abs(generated.values[i] - expected[i]) < 1e-14);
  };
  const Matrix unit(2, 2, {1, 0, 0, 1}), pair(2, 2, {1, 0.6, 0.6, 1});
  check(unit, 1, Mask(2, false), {0.5, 0, 0, 0.5});
  check(pair, 1, Mask(2, true), pair.values);
  check(pair, 1, Mask{true, false}, {1, 0.6, 0.6, 0.5});     // 0.64 are left, of which 0.5 are lost
  check(pair, 9, Mask{true, false}, {1, 0.6, 0.6, 0.36});    // nothing is sent: the prediction alone
  check(pair, 1, Mask(2, false), {0.55, 0.55, 0.55, 0.55});  // axes 1.6 and 0.4, of which 1.1 and 0 remain
  // Columns that all but repeat each other: a true covariance still, with a distance.
  const Matrix factor(3, 3, {1, 0, 0, 1, 1e-6, 0, 1, 1e-6, 1e-7});
  const Matrix near = product(factor, transpose(factor));
  for (int code = 0; code < 8; ++code) {
    const Mask mask{(code & 1) != 0, (code & 2) != 0, (code & 4) != 0};
    const Matrix generated = optimal_generated_covariance(near, 1e-3, mask);
    BOOST_TEST(symmetric_eigenvalues(generated).back() > -1e-14);
    BOOST_TEST(frechet_distance({0, 0, 0}, near, {0, 0, 0}, generated) < 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(the_curve_of_the_optimal_model_is_the_exact_one_and_ends_at_the_floor) {
  Experiment e{Config(settings(8000))};
  e.model = std::make_unique<OptimalModel>(e);
  const FrechetCurve curve = frechet_curve(e, {1, 0, 2});
  BOOST_REQUIRE(curve.points.size() == 4u);
  BOOST_TEST(curve.rows == 4000);
  BOOST_TEST(curve.floor > 0);
  BOOST_TEST(curve.floor < 0.02);
  const int64_t features[] = {-1, 1, 0, 2};
  for (int64_t k = 0; k <= 3; ++k) {
    const FrechetPoint& p = curve.points[size_t(k)];
    BOOST_TEST(p.given == k);
    BOOST_TEST(p.feature == features[k]);
    BOOST_TEST(std::isfinite(p.estimate.standard_error));
    BOOST_TEST_MESSAGE(k << " given: " << p.estimate.distance << " +- " << p.estimate.standard_error
                         << ", exact " << p.optimum);
    BOOST_TEST(std::abs(p.estimate.distance - p.optimum) < 4 * p.estimate.standard_error + curve.floor);
  }
  BOOST_TEST(curve.points[0].optimum > 10 * curve.floor);  // something to see
  BOOST_TEST(curve.points[3].estimate.distance == curve.floor);
  BOOST_TEST(curve.points[3].optimum < 1e-12);
  // A decoder that says the same whatever it is given lies further away.
  e.model = Experiment(Config(settings(8000))).model;
  e.model->train(false);
  BOOST_TEST(frechet_curve(e, {1, 0, 2}).points[0].estimate.distance > curve.points[0].estimate.distance);
  BOOST_TEST(contains(error_of([&] { frechet_curve(e, {1, 1, 2}); }), "does not name each of 3 features"));
  BOOST_TEST(contains(error_of([&] { frechet_curve(e, {0, 1}); }), "does not name each of 3 features"));
}

// The original gave them in reverse.
BOOST_AUTO_TEST_CASE(features_are_given_in_the_order_that_is_asked_for) {
  Json json = settings(8000);
  json["data"]["covariance"] = {{9, 0, 0}, {0, 1, 0}, {0, 0, 3}};
  Experiment e{Config(json)};
  e.model = std::make_unique<SilentModel>();
  struct Case {
    std::vector<int64_t> order;
    double withheld[4];
  };
  for (const Case& c : {Case{{1, 2, 0}, {13, 12, 9, 0}}, Case{{0, 2, 1}, {13, 4, 1, 0}}}) {
    const FrechetCurve curve = frechet_curve(e, c.order);
    for (size_t k = 0; k <= 3; ++k)
      BOOST_TEST(std::abs(curve.points[k].estimate.distance - c.withheld[k]) < 0.06 * c.withheld[k] + 0.1,
                 k << " given: " << curve.points[k].estimate.distance << ", not " << c.withheld[k]);
  }
}

BOOST_AUTO_TEST_CASE(rows_with_missing_entries_are_left_out) {
  Experiment e{Config(settings(400))};
  e.model->train(false);
  Tensor observed = Tensor::ones({400, 3});
  for (int64_t r = 0; r < 200; ++r) observed.data<float>()[3 * r + r % 3] = 0;  // the first half of the rows
  e.data.test.observed = observed;
  BOOST_TEST(complete_rows(e.data.test).front() == 200);
  BOOST_TEST(frechet_curve(e, {0, 1, 2}).rows == 100);
  BOOST_TEST(frechet_applies(e));
  const TemporaryFolder folder;
  AnalysisContext context{folder.path};
  const AnalysisResult result = pca_analysis(e, context);
  BOOST_TEST(contains(result.text, "200 test rows, those of 400"));
  BOOST_TEST(read_csv(folder.path / "pca.csv")[1][6] == "200");
  for (int64_t r = 200; r < 370; ++r) observed.data<float>()[3 * r] = 0;
  BOOST_TEST(!frechet_applies(e));
  BOOST_TEST(contains(error_of([&] { frechet_curve(e, {0, 1, 2}); }), "30 test rows"));
}

BOOST_AUTO_TEST_CASE(the_order_is_that_of_the_selection_where_there_is_one) {
  Experiment e{Config(settings(400))};
  e.model->train(false);
  const TemporaryFolder folder;
  AnalysisContext context{folder.path};
  const auto order = [&] {
    frechet_analysis(e, context);
    std::string column;
    for (const auto& row : read_csv(folder.path / "fid_data.csv")) column += row[6] + " ";
    return column;
  };
  BOOST_TEST(order() == "feature  0 1 2 ");  // exact: the columns vary less and less
  context.findings.selected = {2, 0, 1};
  BOOST_TEST(order() == "feature  2 0 1 ");
  BOOST_TEST_REQUIRE(context.findings.frechet.points.size() == 4U);
  BOOST_TEST(context.findings.frechet.points[1].feature == 2);
  context.findings.selected = {2, 2};  // of another set
  BOOST_TEST(order() == "feature  0 1 2 ");
  e.optimum.reset();
  BOOST_TEST(order() == "feature  0 1 2 ");
}

BOOST_AUTO_TEST_CASE(the_tables_hold_what_was_computed) {
  Experiment e{Config(settings(2000))};
  e.model->train(false);
  const TemporaryFolder folder;
  AnalysisContext context{folder.path};
  const AnalysisResult pca = pca_analysis(e, context), frechet = frechet_analysis(e, context);
  for (const AnalysisResult& result : {pca, frechet})
    for (const AnalysisResult::Figure& figure : result.figures) figure.draw(folder.path / figure.file);
  for (const char* file : {"pca.csv", "pca.png", "fid_data.csv", "fid_score.png"})
    BOOST_TEST(std::filesystem::file_size(folder.path / file) > 100u);
  BOOST_TEST(pca.figures[0].file == "pca.png");
  BOOST_TEST(frechet.figures[0].file == "fid_score.png");

  const auto components = read_csv(folder.path / "pca.csv");
  BOOST_TEST((components[0] == std::vector<std::string>{"PC", "Most_important_feature", "PC_explained_variance",
                                                        "explained_variance_ratio", "cumulative",
                                                        "Most_important_name", "rows", "loading_x0",
                                                        "loading_x1", "loading_x2"}));
  BOOST_REQUIRE(components.size() == 4u);
  const PrincipalComponents p = principal_components(e.data.test.x.tensor());
  double cumulative = 0;
  for (size_t k = 0; k < 3; ++k) {
    const auto& row = components[k + 1];
    BOOST_TEST(row[0] == str("PC", k));
    BOOST_TEST(row[1] == str(p.leading[k]));
    BOOST_TEST(row[5] == str("x", p.leading[k]));
    BOOST_TEST(std::stod(row[2]) == p.variances[k]);
    cumulative += std::stod(row[3]);
    BOOST_TEST(std::abs(std::stod(row[4]) - cumulative) < 1e-12);
    for (size_t c = 0; c < 3; ++c) BOOST_TEST(std::stod(row[7 + c]) == p.components(int64_t(k), int64_t(c)));
  }
  BOOST_TEST(std::abs(cumulative - 1) < 1e-12);

  const auto fid = read_csv(folder.path / "fid_data.csv");
  BOOST_TEST((fid[0] == std::vector<std::string>{"num_conds", "fid", "fid_stderr", "optimal_fid", "noise_floor",
                                                 "rows", "feature"}));
  BOOST_REQUIRE(fid.size() == 5u);
  for (size_t k = 0; k <= 3; ++k) {
    BOOST_TEST(fid[k + 1][0] == str(k));
    BOOST_TEST(fid[k + 1][5] == "1000");
  }
  BOOST_TEST(fid[4][1] == fid[4][4]);  // everything given: the floor
  BOOST_TEST(std::stod(fid[1][1]) > 10 * std::stod(fid[1][4]));
}
