// What training redraws, and the sums of the evaluation, compared with sums by hand.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/training.hpp"

using namespace elbow;

namespace {

Json settings() {
  return Json::parse(R"({"name": "probe", "seed": 5,
    "data": {"source": "independent_gaussian", "columns": 3, "train_rows": 640, "test_rows": 3001},
    "condition": {"given": 0.8}, "loss": {"beta": 0.5},
    "model": {"encoder": [8], "latents": 4, "decoder": [8]}, "training": {"epochs": 4}})");
}

// KL of latent l where the columns m are given, in nats: another order of the latents for each mask, and a KL that neither
// rises nor falls with the count.
double kl_of(int64_t l, const Mask& m) {
  return l == 3 ? 0.0
                : 0.6 + 0.3 * double(l) + 0.7 * double(m[size_t(l)]) -
                      0.45 * double(m[size_t((l + 1) % 3)]) * double(m[0]);
}

// A model whose losses are known: N(mu, 1) with mu^2 / 2 = kl_of, and the first three columns of z as the output.
struct Probe : Cvae {
  Posterior encode_here(const Tensor& input, const Tensor& c) override {
    const int64_t rows = input.size(0);
    Tensor mu = Tensor::zeros({rows, 4});
    for (int64_t r = 0; r < rows; ++r) {
      const float* m = c.data<float>() + r * 6 + 3;
      for (int64_t l = 0; l < 4; ++l)
        mu.data<float>()[r * 4 + l] = float(std::sqrt(2 * kl_of(l, {m[0] == 1, m[1] == 1, m[2] == 1})));
    }
    return {mu, Tensor::zeros({rows, 4})};
  }
  Tensor decode_here(const Tensor& z, const Tensor&) override {
    Tensor y = Tensor::empty({z.size(0), 3});
    for (int64_t i = 0; i < y.numel(); ++i) y.data<float>()[i] = z.data<float>()[i / 3 * 4 + i % 3];
    return y;
  }
  int64_t latents() const override { return 4; }
};

double total_kl(const Mask& m) { return kl_of(0, m) + kl_of(1, m) + kl_of(2, m) + kl_of(3, m); }

// The masks of the evaluation, which go by batches of 512 rows.
std::vector<Mask> masks_of_evaluation(const Experiment& e) {
  std::vector<Mask> masks;
  Batches batches(e.data.test, 512, LastBatch::keep);
  for (int64_t b = 0; b < batches.count(); ++b) {
    Condition::Drawn drawn;
    e.condition.draw(batches.get(b), {e.seed, stream::evaluation_masks, uint64_t(b)}, drawn);
    for (int64_t r = 0; r < drawn.mask.size(0); ++r) {
      const float* m = drawn.mask.data<float>() + r * 3;
      masks.push_back({m[0] == 1, m[1] == 1, m[2] == 1});
    }
  }
  return masks;
}

// A model that keeps a record of the training steps of another.
struct Recorder : Cvae {
  std::unique_ptr<Cvae> inner;
  std::vector<std::vector<float>> inputs, conditions, latent;
  explicit Recorder(std::unique_ptr<Cvae> model) : inner(std::move(model)) { submodule("inner", *inner); }
  Posterior encode_here(const Tensor& input, const Tensor& c) override {
    inputs.push_back(input.to_vector<float>());
    conditions.push_back(c.to_vector<float>());
    return inner->encode(input, c);
  }
  Tensor decode_here(const Tensor& z, const Tensor& c) override {
    latent.push_back(z.to_vector<float>());
    return inner->decode(z, c);
  }
  int64_t latents() const override { return inner->latents(); }
};

}  // namespace

// The original added up by the rank of the counts, divided by batches, and looked at the last 64 rows only.
BOOST_AUTO_TEST_CASE(costs_of_a_count_are_means_over_all_rows_with_that_count) {
  Experiment e{Config(settings())};
  e.model = std::make_unique<Probe>();
  const auto masks = masks_of_evaluation(e);
  BOOST_TEST_REQUIRE(masks.size() == 3001U);
  const RowLosses rows = test_losses(e, 16, false);
  BOOST_TEST_REQUIRE(rows.kl.size() == 3001U);
  std::map<int64_t, std::vector<size_t>> of_count;
  for (size_t r = 0; r < masks.size(); ++r) {
    const int64_t count = std::count(masks[r].begin(), masks[r].end(), true);
    BOOST_REQUIRE(rows.given[r] == count);
    BOOST_REQUIRE(std::abs(rows.kl[r] - total_kl(masks[r])) < 1e-5);
    of_count[count].push_back(r);
  }
  const auto counts = per_count_results(e, rows);
  BOOST_TEST_REQUIRE(counts.size() == 4U);
  for (int64_t k = 0; k < 4; ++k) {
    double kl = 0, distortion = 0;
    for (const size_t r : of_count[k]) {
      kl += total_kl(masks[r]);
      distortion += rows.distortion[r];
    }
    const double n = double(of_count[k].size());
    BOOST_TEST(n > 5);
    BOOST_TEST(counts[size_t(k)].given == k);
    BOOST_TEST(counts[size_t(k)].rows == int64_t(n));
    BOOST_TEST(std::abs(counts[size_t(k)].kl.mean - kl / n) < 1e-5);
    BOOST_TEST(std::abs(counts[size_t(k)].distortion.mean - distortion / n) < 1e-9);
    // The errors are those of the rows with that count alone.
    const auto error_over_rows = [&](auto of) {
      std::vector<double> values;
      for (const size_t r : of_count[k]) values.push_back(of(r));
      return estimate_of(values).standard_error;
    };
    const auto loss = [&](size_t r) { return rows.distortion[r] + rows.beta * rows.kl[r]; };
    const CountResult& c = counts[size_t(k)];
    BOOST_TEST(c.loss.standard_error == error_over_rows(loss), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(c.distortion.standard_error == error_over_rows([&](size_t r) { return rows.distortion[r]; }));
    BOOST_TEST(c.kl.standard_error == error_over_rows([&](size_t r) { return rows.kl[r]; }));
    BOOST_TEST(c.loss.mean == c.distortion.mean + rows.beta * c.kl.mean, boost::test_tools::tolerance(1e-12));
  }
  // The whole test set, and beta in the loss alone.
  const Losses all = losses_of(rows);
  double kl = 0;
  for (const Mask& m : masks) kl += total_kl(m) / 3001;
  BOOST_TEST(std::abs(all.kl.mean - kl) < 1e-5);
  BOOST_TEST(std::abs(all.loss.mean - all.distortion.mean - 0.5 * all.kl.mean) < 1e-9);
}

// The original read the KL of each latent with a stride that fitted another layout.
BOOST_AUTO_TEST_CASE(the_kl_of_each_latent_is_ranked_within_each_subset) {
  Experiment e{Config(settings())};
  e.model = std::make_unique<Probe>();
  const auto counts = per_count_results(e, test_losses(e, 1, false));
  for (size_t k = 0; k < 4; ++k) {
    std::vector<double> sum(4, 0);
    double active = 0, subsets = 0;
    for (int bits = 0; bits < 8; ++bits) {
      const Mask m{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
      if (size_t(std::count(m.begin(), m.end(), true)) != k) continue;
      std::vector<double> kl{kl_of(0, m), kl_of(1, m), kl_of(2, m), kl_of(3, m)};
      for (const double v : kl) active += v > 0.01;
      std::sort(kl.begin(), kl.end(), std::greater<>());
      for (size_t l = 0; l < 4; ++l) sum[l] += kl[l];
      ++subsets;
    }
    BOOST_TEST_REQUIRE(counts[k].kl_per_latent.size() == 4U);
    for (size_t l = 0; l < 4; ++l) BOOST_TEST(std::abs(counts[k].kl_per_latent[l] - sum[l] / subsets) < 1e-5);
    BOOST_TEST(counts[k].active == active / subsets);
  }
}

// |x - mu - noise|^2 has the mean |x - mu|^2 + 3. The error of the mean of the draws, which the original reported, would
// have |x - mu|^2 + 3 / draws.
BOOST_AUTO_TEST_CASE(the_distortion_is_the_mean_error_of_the_draws) {
  Experiment e{Config(settings())};
  e.loss.copies_given = false;
  e.model = std::make_unique<Probe>();
  const auto masks = masks_of_evaluation(e);
  const auto x = e.data.test.x.tensor().to_vector<double>();
  double expected = 0;
  for (size_t r = 0; r < masks.size(); ++r) {
    double row = 3;
    for (size_t l = 0; l < 3; ++l)
      row += std::pow(x[r * 3 + l] - std::sqrt(2 * kl_of(int64_t(l), masks[r])), 2);
    expected += row / double(masks.size());
  }
  for (const int64_t draws : {1, 10}) {
    const RowLosses rows = test_losses(e, draws, false);
    const double mean = estimate_of(rows.distortion).mean;
    // a row's variance given x: 2 * 3 + 4 |x - mu|^2
    const double error = std::sqrt((6 + 4 * (expected - 3)) / double(draws) / 3001);
    BOOST_TEST(std::abs(mean - expected) < 4 * error, draws << " draws: " << mean << ", not " << expected);
  }
}

BOOST_AUTO_TEST_CASE(after_an_epoch_the_first_rows_are_looked_at) {
  Json json = settings();
  Experiment e{Config(json)};
  BOOST_TEST(epoch_rows(e) == 3001);
  const RowLosses all = test_losses(e, 1, true);
  for (const auto& [asked, rows] : {std::pair{2, 512}, {512, 512}, {513, 1024}, {3000, 3001}, {9999, 3001}}) {
    json["evaluation"]["epoch_rows"] = asked;
    Experiment few{Config(json)};
    BOOST_TEST(epoch_rows(few) == rows);
    const RowLosses first = test_losses(few, 1, true, epoch_rows(few));
    BOOST_TEST_REQUIRE(first.kl.size() == size_t(rows));
    BOOST_TEST(first.excess.size() == size_t(rows));
    for (size_t r = 0; r < size_t(rows); r += 101) {  // the same masks, the same noise
      BOOST_TEST(first.kl[r] == all.kl[r]);
      BOOST_TEST(first.distortion[r] == all.distortion[r]);
    }
  }
}

// The original drew data, masks and noise once. Here the learning rate is 0, so that nothing else changes.
BOOST_AUTO_TEST_CASE(every_step_has_its_own_masks_and_noise_and_every_epoch_its_rows) {
  for (const bool redraw : {false, true}) {
    Json json = settings();
    json["data"]["redraw"] = redraw;
    json["training"]["batch_rows"] = 640;  // one step an epoch
    json["training"]["schedule"]["learning_rate"] = 0;
    Experiment e{Config(json)};
    auto recording = std::make_unique<Recorder>(std::move(e.model));
    const Recorder& record = *recording;
    e.model = std::move(recording);
    Training training(e);
    for (int i = 0; i < 3; ++i) training.epoch([](int64_t) {});
    BOOST_TEST_REQUIRE(record.inputs.size() == 3U);
    std::set<std::vector<float>> rows, masks, latent;
    for (size_t i = 0; i < 3; ++i) {
      auto values = record.inputs[i];
      std::sort(values.begin(), values.end());  // in whatever order
      rows.insert(values);
      masks.insert(record.conditions[i]);
      latent.insert(record.latent[i]);
    }
    BOOST_TEST(rows.size() == (redraw ? 3U : 1U));
    BOOST_TEST(masks.size() == 3U);
    BOOST_TEST(latent.size() == 3U);
    std::set<std::vector<float>> given;  // the masks alone, which are no function of the rows' order
    for (const auto& c : record.conditions) {
      std::vector<float> m;
      for (size_t r = 0; r < 640; ++r)
        m.insert(m.end(), c.begin() + long(r * 6 + 3), c.begin() + long(r * 6 + 6));
      given.insert(m);
    }
    BOOST_TEST(given.size() == 3U);
  }
}
