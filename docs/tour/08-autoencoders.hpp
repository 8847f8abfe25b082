#pragma once
// An autoencoder, a VAE and a conditional VAE of two moons, and what each can do.
#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"
#include "cvae/optimum_arcs.hpp"
#include "data/sources.hpp"
#include "metrics/aggregate_posterior.hpp"
#include "nn/nn.hpp"

using namespace elbow;

// ---- the model ------------------------------------------------------------------------------------------------------

/// What the three differ in.
struct Kind {
  std::string name;
  bool noise;         // z is a draw from q(z | x), and its KL has a price
  bool sees_classes;  // encoder and decoder see the class
};

inline void add_layers(Sequential& net, int64_t in, int64_t out, RandomStream& random) {
  for (int i = 0; i < 2; ++i) {
    net.emplace<Linear>(i == 0 ? in : 64, 64, random);
    net.emplace<ActivationLayer>("tanh");
  }
  net.emplace<Linear>(64, out, random);
}

/// x [rows, 2], the class as one-hot c [rows, 2], two latents.
struct Model : Module {
  const Kind kind;
  double beta = 0.05;  // the price of a nat of KL
  Sequential encoder, decoder;

  explicit Model(Kind k) : kind(std::move(k)) {
    RandomStream random(/*seed=*/2, /*stream=*/0);
    const int64_t c = kind.sees_classes ? 2 : 0;
    add_layers(encoder, 2 + c, 4, random);
    add_layers(decoder, 2 + c, 2, random);
    submodule("encoder", encoder);
    submodule("decoder", decoder);
  }
  Tensor with(const Tensor& t, const Tensor& c) const { return kind.sees_classes ? concat(t, c, 1) : t; }
  /// q(z | x, c) = N(mu, e^log_var); for the autoencoder mu is the code.
  std::pair<Tensor, Tensor> encode(const Tensor& x, const Tensor& c) {
    const Tensor out = encoder(with(x, c));
    return {out(all, Range(0, 2)), out(all, Range(2, 4))};
  }
  Tensor decode(const Tensor& z, const Tensor& c) { return decoder(with(z, c)); }
};

/// distortion + beta * KL, means over the rows.
inline LossTerms<Tensor> loss_of(Model& model, const Tensor& x, const Tensor& c, const RandomKey& key) {
  const auto [mu, log_var] = model.encode(x, c);
  const Tensor z = model.kind.noise ? reparameterise(mu, log_var, key) : mu;
  const Tensor distortion = squared_error(model.decode(z, c), x);
  if (!model.kind.noise) return {distortion, distortion, Tensor::zeros({})};
  const Tensor kl = gaussian_kl(mu, log_var);
  return {distortion + model.beta * kl, distortion, kl};
}

inline void train(Model& model, const Tensor& x, const Tensor& c, int64_t steps = 4000) {
  FlatParameters parameters(model);
  const auto adam = make_adam(parameters, {});
  const Schedule schedule{.kind = Schedule::Kind::cosine, .learning_rate = 0.003, .total = steps};
  Loader loader({x, c}, {.batch_rows = 128, .last = LastBatch::drop});
  RandomStream noise(/*seed=*/1, /*stream=*/1);
  for (uint64_t epoch = 0; adam->steps() < steps; ++epoch)
    for (const auto& [some_x, some_c] : loader.epoch(epoch)) {
      if (adam->steps() == steps) break;
      parameters.zero_gradients();
      Tape tape;
      tape.backward(loss_of(model, some_x, some_c, noise.next()).loss);
      adam->step(schedule.at(adam->steps()));
    }
}

// ---- the data -------------------------------------------------------------------------------------------------------

inline DataSplit make_moons() {
  return make_data(Config(Json{{"source", "moons"}, {"train_rows", 8192}, {"test_rows", 4096}}), /*seed=*/1);
}

inline Tensor one_hot_classes(const Dataset& set) {
  std::vector<int64_t> classes;
  for (const int32_t k : set.classes()->row_classes()) classes.push_back(k);
  return one_hot(Indices(classes), 2);
}

/// How far a point is from moon 0 or 1, a half circle of radius 1.
inline double distance_to_moon(double x, double y, int moon) {
  if (moon == 1) x = 1 - x, y = 0.5 - y;  // the other one, turned
  return y >= 0 ? std::abs(std::hypot(x, y) - 1) : std::hypot(std::abs(x) - 1, y);
}

/// The least loss that any model can reach on these arcs (chapter 10).
inline AverageOptimum optimum_of(const ArcDistribution& arcs, double beta = 0.05) {
  return ArcOptimum(arcs, beta).at_count(0);
}

// ---- what each can do -----------------------------------------------------------------------------------------------

struct Results {
  double distortion = 0, kl = 0, loss = 0;
  double near = 0;  // share of the codes within 2 of the origin
  double on_a_moon = 0,
         as_asked = 0;  // shares of the samples within 0.1 of a moon, and of the one that c names
  KlParts parts;
  Tensor codes, samples;  // [rows, 2]
};

inline Results evaluate(Model& model, const Tensor& x, const Tensor& c) {
  const int64_t rows = x.size(0), draws = model.kind.noise ? 16 : 1;
  Results r;
  RandomStream noise(/*seed=*/1, /*stream=*/2);
  for (int64_t i = 0; i < draws; ++i) {
    const auto terms = loss_of(model, x, c, noise.next());
    r.distortion += terms.distortion.item() / double(draws), r.kl = terms.kl.item();
  }
  r.loss = r.distortion + model.beta * r.kl;
  const auto [mu, log_var] = model.encode(x, c);
  r.codes = mu;
  r.samples = model.decode(normal(noise.next(), {rows, 2}), c);
  for (int64_t i = 0; i < rows; ++i) {
    const double a = r.samples.at(i, 0), b = r.samples.at(i, 1), share = 1 / double(rows);
    const double to[] = {distance_to_moon(a, b, 0), distance_to_moon(a, b, 1)};
    r.near += share * double(std::hypot(mu.at(i, 0), mu.at(i, 1)) < 2);
    r.on_a_moon += share * double(std::min(to[0], to[1]) < 0.1);
    r.as_asked += share * double(to[c.at(i, 1) == 1] < 0.1);
  }
  if (model.kind.noise) {
    const auto each = gaussian_kl(mu, log_var, Reduction::per_row).to_vector();
    r.parts = kl_parts(mu, log_var, each, {}, noise.next());
  }
  return r;
}
