#pragma once
// A VAE with one latent that is known to the last digit, importance sampling, and the exact answers.
#include <numbers>

#include "autograd/operators.hpp"
#include "cvae/likelihood.hpp"
#include "cvae/prior.hpp"

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
