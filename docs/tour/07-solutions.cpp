// Solutions of the exercises of chapter 7.
#include <cstdio>
#include <vector>

#include "07-elbo.hpp"
#include "tour.hpp"

// 1. The coins are unknown, too. Round after round, q becomes the posterior, where the bound touches the evidence; then the
// coins climb the bound, whose maximum is a weighted share of heads. (This is expectation-maximisation.)
struct Coins {
  double a, b;  // probabilities of heads
};

inline double log_binomial(int h, double p) { return h * std::log(p) + (tosses - h) * std::log(1 - p); }

inline double log_evidence(const std::vector<int>& seen, const Coins& c) {
  double sum = 0;
  for (const int h : seen)
    sum += std::log(0.5 * std::exp(log_binomial(h, c.a)) + 0.5 * std::exp(log_binomial(h, c.b)));
  return sum;
}

inline Coins next_round(const std::vector<int>& seen, const Coins& c) {
  double weight[2]{}, hits[2]{};
  for (const int h : seen) {
    const double q = sigmoid(log_binomial(h, c.b) - log_binomial(h, c.a));
    weight[0] += 1 - q, hits[0] += (1 - q) * h;
    weight[1] += q, hits[1] += q * h;
  }
  return {hits[0] / (weight[0] * tosses), hits[1] / (weight[1] * tosses)};
}

inline void learn_the_coins() {
  const std::vector<int> seen = {5, 8, 4, 9, 5, 7, 6, 8, 3, 9};  // heads in each of ten rounds
  Coins c{0.45, 0.55};
  bool falls = false;
  for (int i = 0; i < 500; ++i) {
    const double before = log_evidence(seen, c);
    c = next_round(seen, c);
    falls = falls || log_evidence(seen, c) < before - 1e-12;
  }
  std::printf("1. the coins: %.3f and %.3f\n", c.a, c.b);
  const double d = 1e-5;
  tour::check("1. the evidence never falls", !falls);
  tour::check("1. its slope by the first coin at the end",
              (log_evidence(seen, {c.a + d, c.b}) - log_evidence(seen, {c.a - d, c.b})) / (2 * d), 0, 1e-6);
  tour::check("1. by the second",
              (log_evidence(seen, {c.a, c.b + d}) - log_evidence(seen, {c.a, c.b - d})) / (2 * d), 0, 1e-6);
}

// 2. E log 1/K sum_k p(x, z_k) / q(z_k): a sum over the 2^K outcomes of K draws.
inline double bound_of_draws(int draws, double q) {
  const double weight[] = {std::exp(log_joint(0)) / (1 - q), std::exp(log_joint(1)) / q};
  double bound = 0;
  for (int outcome = 0; outcome < 1 << draws; ++outcome) {
    double probability = 1, sum = 0;
    for (int k = 0; k < draws; ++k) {
      const int z = outcome >> k & 1;
      probability *= z == 1 ? q : 1 - q;
      sum += weight[z];
    }
    bound += probability * std::log(sum / draws);
  }
  return bound;
}

inline void several_draws() {
  const double q = 0.2, evidence = std::exp(log_evidence());
  double gap = 0, before = 1e9;
  bool falls = true;
  for (const int draws : {1, 2, 4, 8, 16}) {
    gap = std::log(evidence) - bound_of_draws(draws, q);
    std::printf("2. K = %2d: gap %.5f\n", draws, gap);
    falls = falls && gap < before && gap > 0;
    before = gap;
  }
  tour::check("2. K = 1 is the ELBO", bound_of_draws(1, q), elbo(q), 1e-12);
  tour::check("2. the gap falls with K", falls);
  const double a = std::exp(log_joint(0)), b = std::exp(log_joint(1));
  const double variance = a * a / (1 - q) + b * b / q - evidence * evidence;  // of a weight
  tour::check("2. at K = 16 it is Var(w) / (2 K p(x)^2), nearly", gap / (variance / (32 * evidence * evidence)),
              1, 0.1);
}

// 3. One encoder for all numbers of heads: mean a + b (h - 5), deviation s.
inline void one_encoder() {
  double a = 0, b = 0.2, log_s = -0.5;
  for (int i = 0; i < 200; ++i) {
    Gradient sum{};
    double by_b = 0;
    for (int h = 0; h <= tosses; ++h) {
      const Gradient g = elbo_gradient({a + b * (h - 5), std::exp(log_s)}, h);
      sum.by_mean += g.by_mean, sum.by_log_deviation += g.by_log_deviation;
      by_b += g.by_mean * (h - 5);
    }
    a += 0.02 * sum.by_mean, b += 0.002 * by_b, log_s += 0.02 * sum.by_log_deviation;
  }
  double own = 0, shared = 0;  // mean gaps
  for (int h = 0; h <= tosses; ++h) {
    own += (log_evidence_of_bent(h) - elbo(climb({0, 0.6}, 60, h), h)) / (tosses + 1);
    shared += (log_evidence_of_bent(h) - elbo({a + b * (h - 5), std::exp(log_s)}, h)) / (tosses + 1);
  }
  std::printf("3. mean gap: %.4f with a q for each h, %.4f with one encoder\n", own, shared);
  tour::check("3. sharing costs something, and little", shared > own && shared < own + 0.02);
  tour::check("3. by symmetry the encoder has a", a, 0, 1e-6);
}

int main() {
  learn_the_coins();
  several_draws();
  one_encoder();
  return tour::failures;
}
