// Chapter 11 of the tour: log p(withheld | given) by importance sampling, against the exact answer, under three priors.
#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"
#include "cvae/likelihood.hpp"
#include "cvae/prior.hpp"
#include "nn/nn.hpp"
#include "tour.hpp"

using namespace elbow;

// ---- a VAE that is known to the last digit --------------------------------------------------------------------------

// x = loadings * z + noise: one latent z ~ N(0, 1), four columns. Its decoder is linear, and so is its encoder.
inline constexpr int64_t columns = 4;
inline const std::vector<float> loading_values{1.2F, 1, 0.8F, 0.6F};
inline constexpr double noise_variance = 0.25;
inline const Tensor loadings = Tensor::from(loading_values, {1, columns});

inline Tensor draw_rows(int64_t rows, const RandomKey& key) {
  const RandomKey second{key.seed, key.stream, key.step + 1};
  return normal(key, {rows, 1}) * loadings + std::sqrt(noise_variance) * normal(second, {rows, columns});
}

/// p(z | the columns that `mask` shows) of each row, exact: [rows, 1] each.
inline DiagonalNormal posterior(const Tensor& x, const Tensor& mask) {
  const Tensor precision = 1 + sum(mask * square(loadings), 1, /*keep=*/true) / noise_variance;
  const Tensor mu = sum(mask * x * loadings, 1, /*keep=*/true) / noise_variance / precision;
  return {mu, -log(precision)};
}

/// An encoder as one might train it, not quite right: it shrinks the mean, and is too wide.
inline DiagonalNormal rough_encoder(const Tensor& x) {
  const DiagonalNormal exact = posterior(x, Tensor::ones(x.shape()));
  return {0.9 * exact.mu, exact.log_var + 2 * std::log(1.5)};
}

/// log p(withheld | z) [rows, draws], for z [rows, draws]. The mask is 1 where a column is given.
inline Tensor log_likelihood(const Tensor& x, const Tensor& mask, const Tensor& z) {
  const int64_t rows = x.size(0);
  const Tensor error =
      x.reshape({rows, 1, columns}) - z.reshape({rows, -1, 1}) * loadings;  // [rows, draws, columns]
  const Tensor each = square(error) / noise_variance + std::log(2 * std::numbers::pi * noise_variance);
  return -0.5 * sum(each * (1 - mask).reshape({rows, 1, columns}), 2);
}

/// log N(z; mu, e^log_var) of each element, z [rows, draws].
inline Tensor log_normal(const DiagonalNormal& p, const Tensor& z) {
  return -0.5 * (square(z - p.mu) * exp(-p.log_var) + p.log_var + std::log(2 * std::numbers::pi));
}

/// N(0, 1) of each row.
inline DiagonalNormal standard(const Tensor& x) {
  const Tensor zero = Tensor::zeros({x.size(0), 1});
  return {zero, zero};
}

// ---- importance sampling --------------------------------------------------------------------------------------------

struct Sampled {
  std::vector<double> log_p;      // of each row
  std::vector<double> effective;  // sample size
};

/// log 1/K sum_k p(withheld | z_k) p(z_k) / q(z_k) with z_k ~ q.
inline Sampled importance(const Tensor& x, const Tensor& mask, const DiagonalNormal& q,
                          const DiagonalNormal& prior, int64_t draws, const RandomKey& key) {
  const Tensor z = q.mu + exp(0.5 * q.log_var) * normal(key, {x.size(0), draws});
  const Tensor log_w = log_likelihood(x, mask, z) + log_normal(prior, z) - log_normal(q, z);
  const Tensor total = logsumexp(log_w, 1);
  const Tensor effective = exp(2 * total - logsumexp(2 * log_w, 1));  // (sum w)^2 / sum w^2
  return {(total - std::log(double(draws))).to_vector(), effective.to_vector()};
}

inline std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> d(a.size());
  for (size_t i = 0; i < d.size(); ++i) d[i] = a[i] - b[i];
  return d;
}

// ---- the exact answers ----------------------------------------------------------------------------------------------

/// log p(withheld | given) of each row, from the covariance of the columns: it knows nothing of z.
inline std::vector<double> exact_log_density(const Tensor& x, const Tensor& mask) {
  Matrix covariance(columns, columns);
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t j = 0; j < columns; ++j)
      covariance(i, j) =
          double(loading_values[size_t(i)]) * double(loading_values[size_t(j)]) + (i == j) * noise_variance;
  Batch batch;
  batch.x = x;
  return GaussianConditionals({std::vector<double>(columns, 0), covariance}).log_densities(batch, mask);
}

/// log p(withheld), as if nothing were known: log p(all) - log p(given | withheld).
inline std::vector<double> exact_log_marginal(const Tensor& x, const Tensor& mask) {
  return difference(exact_log_density(x, Tensor::zeros(x.shape())), exact_log_density(x, 1 - mask));
}

// ---- a prior that learns --------------------------------------------------------------------------------------------

/// p(z | c) = N(mu(c), e^log_var(c)) with c = [x m, m]: trained so that it is where the encoder puts complete rows.
inline std::unique_ptr<Prior> learn_prior(int64_t steps) {
  const Config model(Json{{"prior", {{"kind", "learned"}, {"hidden", {32, 32}}, {"activation", "tanh"}}}});
  RandomStream random(/*seed=*/1, /*stream=*/0), draws(/*seed=*/1, /*stream=*/1);
  auto prior = make_prior(model, {.condition = 2 * columns, .latents = 1}, random);
  FlatParameters parameters(*prior);
  const auto adam = make_adam(parameters, {});
  const Schedule schedule{.kind = Schedule::Kind::cosine, .learning_rate = 0.005, .total = steps};
  for (int64_t step = 0; step < steps; ++step) {
    const Tensor x = draw_rows(256, draws.next()), mask = bernoulli(draws.next(), x.shape(), 0.5);
    const DiagonalNormal q = posterior(x, Tensor::ones(x.shape()));
    parameters.zero_gradients();
    Tape tape;
    tape.backward(kl_divergence(q, (*prior)(concat(x * mask, mask, 1)).normal, Reduction::mean));
    adam->step(schedule.at(step));
  }
  return prior;
}

inline void draw(const std::string& folder, const std::vector<std::vector<double>>& gaps, double between) {
  const std::string line = " with linespoints pt 7 ps 0.7 lw 2 lc rgb ";
  tour::draw(folder, "11-gaps", 720, 420,
             tour::datablock("gaps", gaps) +
                 "set logscale xy; set key top right; set xlabel 'draws'; set ylabel 'nats below log "
                 "p(withheld | given)'\n"
                 "set xrange [0.8:1300]; set yrange [1e-3:30]; set format y '10^{%T}'\nplot $gaps using 1:2" +
                 line + tour::red + " title 'prior N(0, 1)', $gaps using 1:3" + line + tour::blue +
                 " title 'learned p(z | c)', $gaps using 1:4" + line + tour::green +
                 " title 'exact p(z | c)', " + std::to_string(between) +
                 " with lines dt 2 lc rgb 'black' title 'log p(x_2, x_3 | x_0, x_1) - log p(x_2, x_3)'\n");
}

int main(int argc, char** argv) {
  const int64_t rows = 4096;
  const Tensor x = draw_rows(rows, {1, 2, 0});
  const Tensor mask = broadcast_to(Tensor::from<float>({1, 1, 0, 0}, {1, columns}), x.shape());
  const Tensor nothing = Tensor::zeros(x.shape());
  const DiagonalNormal q = rough_encoder(x);

  const std::vector<double> exact = exact_log_density(x, nothing);
  const Estimate log_p = estimate_of(exact);
  std::printf("nothing given: exact log p = %.4f\n", log_p.mean);
  std::puts("   K   estimate   below the exact one   effective share");
  double before = 1e9;
  bool falls = true;
  for (const int64_t draws : {1, 10, 100, 1000}) {
    const Sampled s = importance(x, nothing, q, standard(x), draws, {1, 4, uint64_t(draws)});
    const Estimate gap = estimate_of(difference(exact, s.log_p));
    std::printf("%4.0f    %.4f    %.4f +- %.4f         %.2f\n", double(draws), log_p.mean - gap.mean, gap.mean,
                gap.standard_error, estimate_of(s.effective).mean / double(draws));
    falls = falls && gap.mean > -4 * gap.standard_error && gap.mean < before;
    before = gap.mean;
    if (draws > 1) continue;
    const double kl = kl_divergence(q, posterior(x, Tensor::ones(x.shape())), Reduction::mean).item();
    tour::check("the gap of one draw is KL(q || posterior)", std::abs(gap.mean - kl) < 4 * gap.standard_error);
  }
  tour::check("it falls with K, and never below 0", falls);

  const auto learned = learn_prior(3000);
  const DiagonalNormal p_learned = (*learned)(concat(x * mask, mask, 1)).normal, p_exact = posterior(x, mask);
  const std::vector<double> conditional = exact_log_density(x, mask), marginal = exact_log_marginal(x, mask);
  const double between = estimate_of(difference(conditional, marginal)).mean;
  std::printf("\nx0 and x1 given: log p(x2, x3 | x0, x1) = %.4f, log p(x2, x3) = %.4f\n",
              estimate_of(conditional).mean, estimate_of(marginal).mean);
  std::puts("nats below log p(x2, x3 | x0, x1), and effective share, by prior:");
  std::puts("   K          N(0, 1)  learned p(z | c)  exact p(z | c)");
  std::vector<std::vector<double>> gaps;
  for (const int64_t draws : {1, 3, 10, 30, 100, 300, 1000}) {
    gaps.push_back({double(draws)});
    std::string line;
    for (const DiagonalNormal& prior : {standard(x), p_learned, p_exact}) {
      const Sampled s = importance(x, mask, q, prior, draws, {1, 5, uint64_t(draws)});
      gaps.back().push_back(estimate_of(difference(conditional, s.log_p)).mean);
      char text[40];
      std::snprintf(text, sizeof text, "     %.3f   %.2f", gaps.back().back(),
                    estimate_of(s.effective).mean / double(draws));
      line += text;
    }
    if (draws == 1 || draws == 10 || draws == 100 || draws == 1000)
      std::printf("%4.0f%s\n", double(draws), line.c_str());
  }
  const std::vector<double>& last = gaps.back();
  tour::check("under N(0, 1) the estimates approach log p(x2, x3)", std::abs(last[1] - between) < 0.01);
  tour::check("under the exact p(z | c) they approach log p(x2, x3 | x0, x1)", std::abs(last[3]) < 0.01);
  tour::check("the learned prior has closed nearly all of the gap", last[2] > -0.01 && last[2] < 0.1 * between);
  if (argc > 1) draw(argv[1], gaps, between);
  return tour::failures;
}
