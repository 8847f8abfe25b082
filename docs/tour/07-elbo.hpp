#pragma once
// Models of coins whose evidence can be computed: a bag with two, and one that is bent by an unknown amount.
#include <algorithm>
#include <cmath>
#include <numbers>

inline constexpr int tosses = 10, heads = 7;  // x, what was seen

inline double sigmoid(double t) { return 1 / (1 + std::exp(-t)); }

// ---- a bag with two coins -------------------------------------------------------------------------------------------

/// log p(x, z): coin z, drawn with probability 1/2, shows heads with probability 0.5 or 0.8.
inline double log_joint(int z) {
  const double p = z == 0 ? 0.5 : 0.8;
  return std::log(0.5) + heads * std::log(p) + (tosses - heads) * std::log(1 - p);
}

inline double log_evidence() { return std::log(std::exp(log_joint(0)) + std::exp(log_joint(1))); }

/// sum_z q(z) (log p(x, z) - log q(z)), where q is the probability of the bent coin.
inline double elbo(double q) {
  return (1 - q) * (log_joint(0) - std::log(1 - q)) + q * (log_joint(1) - std::log(q));
}

inline double kl(double q, double p) { return (1 - q) * std::log((1 - q) / (1 - p)) + q * std::log(q / p); }

// ---- one coin, bent by an unknown amount ----------------------------------------------------------------------------

/// The mean of f(t) over t ~ N(0, 1), by a sum over a fine grid: for smooth f the error is below 1e-12.
template <class F> double normal_mean(const F& f) {
  const double step = 0.01;
  double sum = 0;
  for (int i = -1200; i <= 1200; ++i) sum += f(i * step) * std::exp(-0.5 * i * i * step * step);
  return sum * step / std::sqrt(2 * std::numbers::pi);
}

/// log p(x | z) for h heads, each with the probability sigmoid(z); and its derivative by z.
inline double log_likelihood(double z, int h = heads) {
  return h * z - tosses * (std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))));
}
inline double slope(double z, int h = heads) { return h - tosses * sigmoid(z); }

struct Normal {
  double mean = 0, deviation = 1;  // the prior, as it is made
  double log_density(double z) const {
    const double t = (z - mean) / deviation;
    return -0.5 * (t * t + std::log(2 * std::numbers::pi)) - std::log(deviation);
  }
};

/// E_q log p(x | z) - KL(q || prior), with z = mean + deviation * noise.
inline double elbo(const Normal& q, int h = heads) {
  const auto [m, s] = q;
  const double expected = normal_mean([&](double noise) { return log_likelihood(m + s * noise, h); });
  return expected - 0.5 * (m * m + s * s - 1 - std::log(s * s));
}

struct Gradient {
  double by_mean, by_log_deviation;
};
/// The derivative goes through z into mean and deviation: that is reparameterisation.
inline Gradient elbo_gradient(const Normal& q, int h = heads) {
  const auto [m, s] = q;
  return {normal_mean([&](double noise) { return slope(m + s * noise, h); }) - m,
          normal_mean([&](double noise) { return slope(m + s * noise, h) * s * noise; }) - (s * s - 1)};
}

inline Normal climb(Normal q, int steps, int h = heads) {
  for (int i = 0; i < steps; ++i) {
    const Gradient g = elbo_gradient(q, h);
    q = {q.mean + 0.2 * g.by_mean, q.deviation * std::exp(0.2 * g.by_log_deviation)};
  }
  return q;
}

inline double log_evidence_of_bent(int h = heads) {
  return std::log(normal_mean([&](double z) { return std::exp(log_likelihood(z, h)); }));
}
/// log p(z | x), exact.
inline double log_posterior(double z) {
  return log_likelihood(z) + Normal().log_density(z) - log_evidence_of_bent();
}
