// What is minimised: distortion by kinds of features, missing entries, and the schedules of the KL term, each against
// plain loops over doubles.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "cvae/condition.hpp"
#include "cvae/elbo.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// Six columns: two real, one binary, a categorical one of three.
std::vector<Feature> mixed() {
  return {{"a", FeatureKind::real, 0, 1, {}},
          {"b", FeatureKind::real, 1, 1, {}},
          {"c", FeatureKind::binary, 2, 1, {}},
          {"d", FeatureKind::categorical, 3, 3, {"r", "g", "b"}}};
}

Dataset mixed_set(int64_t rows, bool missing) {
  Dataset set;
  set.features = mixed();
  Tensor x = normal({1, 2, 3}, {rows, 6});
  const Tensor there = bernoulli({4, 5, 6}, {rows, 4}, missing ? 0.6 : 1.0);  // of each feature
  Tensor observed = Tensor::empty({rows, 6});
  for (int64_t r = 0; r < rows; ++r) {
    float* row = x.data<float>() + r * 6;
    row[2] = float(r % 2);
    for (int k = 0; k < 3; ++k) row[3 + k] = k == r % 3;
    for (const Feature& f : set.features)
      for (int64_t i = f.first; i < f.first + f.width; ++i) {
        const float o = there.data<float>()[r * 4 + (&f - set.features.data())];
        observed.data<float>()[r * 6 + i] = o;
        row[i] *= o;
      }
  }
  set.x = Rows(x);
  if (missing) set.observed = observed;
  return set;
}

LossSettings loss_of(const char* json, const Dataset& data) {
  return read_loss(Config(Json::parse(json)), data);
}

// The distortion of one row, by the book.
double row_cost(const float* x, const float* y, const float* o) {
  const double p = 1 / (1 + std::exp(-double(y[2])));
  double cost = o[0] * std::pow(double(x[0]) - y[0], 2) + o[1] * std::pow(double(x[1]) - y[1], 2);
  cost -= o[2] * (x[2] * std::log(p) + (1 - x[2]) * std::log(1 - p));
  const double sum = std::exp(double(y[3])) + std::exp(double(y[4])) + std::exp(double(y[5]));
  for (int k = 3; k < 6; ++k) cost -= o[k] * x[k] * (y[k] - std::log(sum));
  return cost;
}

// A model whose posterior and reconstruction are constants, passed to the constructor.
struct Fixed : Cvae {
  Tensor mu, log_var, y;
  Posterior encode_here(const Tensor&, const Tensor&) override { return {mu, log_var}; }
  Tensor decode_here(const Tensor&, const Tensor&) override { return y; }
  int64_t latents() const override { return mu.size(1); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_distortion_is_summed_over_the_kinds_of_features_on_one_scale) {
  for (const bool missing : {false, true}) {
    const int64_t rows = 50;
    const Dataset set = mixed_set(rows, missing);
    const LossSettings loss = loss_of("{}", set);
    BOOST_TEST_REQUIRE(loss.terms.size() == 3U);  // the two real columns are one term
    BOOST_TEST(!loss.is_squared_error());
    const Batch batch = Batches(set, rows, LastBatch::keep).get(0);
    const Tensor y = normal({7, 8, 9}, {rows, 6}), per_row = distortion_of(loss, y, batch, {}, true);
    double sum = 0;
    const float ones[6] = {1, 1, 1, 1, 1, 1};
    for (int64_t r = 0; r < rows; ++r) {
      const double expected = row_cost(batch.x.data<float>() + r * 6, y.data<float>() + r * 6,
                                       missing ? batch.observed.data<float>() + r * 6 : ones);
      BOOST_TEST(std::abs(per_row.data<float>()[r] - expected) < 1e-5 * (1 + expected));
      sum += expected / double(rows);
    }
    BOOST_TEST(distortion_of(loss, y, batch, {}, false).item() == sum, boost::test_tools::tolerance(1e-5));
  }
}

BOOST_AUTO_TEST_CASE(a_missing_entry_has_no_gradient) {
  const Dataset set = mixed_set(40, true);
  const LossSettings loss = loss_of("{}", set);
  const Batch batch = Batches(set, 40, LastBatch::keep).get(0);
  Tensor y = normal({7, 8, 9}, {40, 6});
  y.set_requires_grad(true);
  Tape tape;
  tape.backward(distortion_of(loss, y, batch, {}, false));
  int64_t missing = 0;
  for (int64_t i = 0; i < y.numel(); ++i) {
    const bool there = batch.observed.data<float>()[i] != 0;
    missing += !there;
    BOOST_TEST((y.grad().data<float>()[i] == 0) == !there);
  }
  BOOST_TEST(missing > 50);
}

// A given feature is copied: no loss, no gradient, and its own value in the output, whatever the decoder says.
BOOST_AUTO_TEST_CASE(given_features_are_copied) {
  const int64_t rows = 40;
  for (const bool missing : {false, true}) {
    const Dataset set = mixed_set(rows, missing);
    LossSettings predicts = loss_of("{}", set), copies = predicts;
    copies.copies_given = true;
    const Batch batch = Batches(set, rows, LastBatch::keep).get(0);
    const Condition condition(Config(Json::object()), set);
    Condition::Drawn drawn;
    condition.draw(batch, {3, 4, 5}, drawn);
    Tensor y = normal({7, 8, 9}, {rows, 6});
    y.set_requires_grad(true);
    Tape tape;
    const Tensor distortion = distortion_of(copies, y, batch, drawn.c, false);
    tape.backward(distortion);
    const Tensor per_row = distortion_of(copies, y, batch, drawn.c, true);
    const Tensor values = values_of(copies, y, drawn.c), predicted = values_of(predicts, y, drawn.c);
    int64_t given = 0;
    double sum = 0;
    for (int64_t r = 0; r < rows; ++r) {
      float counted[6];
      for (int64_t i = 0; i < 6; ++i) {
        const int64_t at = r * 6 + i;
        const bool is_given = drawn.mask.data<float>()[at] != 0;
        counted[i] = !is_given && (!missing || batch.observed.data<float>()[at] != 0);
        given += is_given;
        BOOST_TEST((y.grad().data<float>()[at] != 0) == (counted[i] != 0));
        BOOST_TEST(values.data<float>()[at] ==
                   (is_given ? batch.x.data<float>()[at] : predicted.data<float>()[at]));
      }
      const double expected = row_cost(batch.x.data<float>() + r * 6, y.data<float>() + r * 6, counted);
      BOOST_TEST(std::abs(per_row.data<float>()[r] - expected) < 1e-5 * (1 + expected));
      sum += expected / double(rows);
    }
    BOOST_TEST(given > 50);
    BOOST_TEST(distortion.item() == sum, boost::test_tools::tolerance(1e-5));
  }
}

BOOST_AUTO_TEST_CASE(logits_become_probabilities_and_real_columns_stay) {
  const Dataset set = mixed_set(8, false);
  const Tensor y = normal({7, 8, 9}, {8, 6}), v = values_of(loss_of("{}", set), y, {});
  for (int64_t r = 0; r < 8; ++r) {
    const float *from = y.data<float>() + r * 6, *to = v.data<float>() + r * 6;
    BOOST_TEST(to[0] == from[0]);
    BOOST_TEST(to[1] == from[1]);
    BOOST_TEST(std::abs(to[2] - 1 / (1 + std::exp(-from[2]))) < 1e-6);
    BOOST_TEST(std::abs(to[3] + to[4] + to[5] - 1) < 1e-6);
    BOOST_TEST(std::abs(std::log(to[3] / to[4]) - (from[3] - from[4])) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(the_schedules_of_the_kl) {
  const int64_t rows = 6;
  Dataset set;
  set.x = Rows(normal({1, 1, 1}, {rows, 2}));
  set.features = real_features(2);
  const Batch batch = Batches(set, rows, LastBatch::keep).get(0);
  Fixed model;
  model.mu = normal({1, 2, 1}, {rows, 3}, 0.0, 0.7);
  model.log_var = normal({1, 2, 2}, {rows, 3}, 0.0, 0.1);
  model.y = normal({1, 2, 3}, {rows, 2});
  double each[3] = {0, 0, 0}, kl = 0;  // KL of each latent, averaged over the rows
  for (int64_t i = 0; i < rows * 3; ++i) {
    const double m = model.mu.data<float>()[i], l = model.log_var.data<float>()[i];
    each[i % 3] += 0.5 * (m * m + std::exp(l) - 1 - l) / double(rows);
  }
  for (const double k : each) kl += k;
  const auto term = [&](const char* json, int64_t step) {
    const Elbo e = elbow::elbo(model, batch, Tensor(), loss_of(json, set), {1, 2, 4},
                               kl_term_at(loss_of(json, set), step));
    BOOST_TEST(std::abs(e.kl.item() - kl) < 1e-5);  // what is reported is the KL itself
    return e.loss.item() - e.distortion.item();
  };
  const auto same = [](double a, double b) { return std::abs(a - b) < 1e-5; };
  BOOST_TEST(same(term(R"({"beta": 0.7})", 3), 0.7 * kl));
  BOOST_TEST(same(term(R"({"beta": 0.7, "kl_warmup_steps": 10})", 0), 0));
  BOOST_TEST(same(term(R"({"beta": 0.7, "kl_warmup_steps": 10})", 3), 0.21 * kl));
  BOOST_TEST(same(term(R"({"beta": 0.7, "kl_warmup_steps": 10})", 11), 0.7 * kl));
  const auto from_above = R"({"beta": 0.7, "kl_warmup_steps": 10, "kl_warmup_from": 5})";
  BOOST_TEST(same(term(from_above, 0), 3.5 * kl));
  BOOST_TEST(same(term(from_above, 5), 2.1 * kl));
  BOOST_TEST(same(term(from_above, 10), 0.7 * kl));
  BOOST_TEST(same(term(R"({"capacity": 5, "beta": 4})", 0), 4 * (5 - kl)));
  BOOST_TEST(same(term(R"({"capacity": 5, "capacity_steps": 100})", 0), kl));
  BOOST_TEST(same(term(R"({"capacity": 5, "capacity_steps": 100})", 50), std::abs(kl - 2.5)));
  double floored = 0;
  const double floor = (each[0] + each[1]) / 2;  // between two latents, so that it matters
  for (const double k : each) floored += std::max(k, floor);
  BOOST_TEST(floored > kl + 1e-4);
  BOOST_TEST(same(term(str(R"({"free_nats": )", floor, "}").c_str(), 0), floored));
}

BOOST_AUTO_TEST_CASE(losses_that_do_not_fit_are_refused) {
  const Dataset set = mixed_set(4, false);
  const auto message = [&](const char* json) { return error_of([&] { loss_of(json, set); }); };
  BOOST_TEST(contains(message(R"({"distortion": "bce"})"), "distortion"));
  BOOST_TEST(contains(message(R"({"distortion": "mse"})"), "by_feature"));
  BOOST_TEST(contains(message(R"({"beta": -1})"), "beta"));
  BOOST_TEST(contains(message(R"({"capacity": -1})"), "capacity"));
  BOOST_TEST(contains(message(R"({"capacity_steps": 5})"), "capacity_steps"));
  BOOST_TEST(contains(message(R"({"free_nats": -0.1})"), "free_nats"));
  BOOST_TEST(contains(message(R"({"kl_warmup_steps": 1.5})"), "kl_warmup_steps"));
  BOOST_TEST(contains(message(R"({"kl_warmup_from": 2})"), "set kl_warmup_steps"));
  BOOST_TEST(contains(message(R"({"kl_warmup_from": -1, "kl_warmup_steps": 3})"), "kl_warmup_from"));
}
