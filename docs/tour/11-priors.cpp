// Chapter 11 of the tour: log p(withheld | given) by importance sampling, against the exact answer, under three priors. Uses
// Elbow's library.
#include "11-priors.hpp"

#include <nlohmann/json.hpp>

#include "nn/nn.hpp"
#include "tour.hpp"

using namespace elbow;

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
