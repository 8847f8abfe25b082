#pragma once
// A CVAE of three columns of which any may be given, and the exact conditional distributions.
#include <array>
#include <functional>
#include <numbers>
#include <string>

#include "autograd/operators.hpp"
#include "metrics/results.hpp"
#include "nn/nn.hpp"

using namespace elbow;

inline constexpr int columns = 3;
inline constexpr double beta = 0.2;  // noise of variance beta / 2 around the decoder's output

// ---- the data, and the exact answer ---------------------------------------------------------------------------------

using Matrix3 = std::array<std::array<double, columns>, columns>;
inline constexpr Matrix3 covariance{{{1, 0.8, -0.3}, {0.8, 1, 0.1}, {-0.3, 0.1, 1}}};

inline bool is_given(int subset, int column) { return (subset >> column & 1) != 0; }

/// What is left once the columns of `subset` are known, by one sweep for each (Beaton 1964). Then entry (i, j) is, for withheld i
/// and j, their conditional covariance, and for withheld i and given j, the coefficient of x_j in the mean of x_i.
inline Matrix3 sweep(Matrix3 a, int subset) {
  for (size_t k = 0; k < columns; ++k) {
    if (!is_given(subset, int(k))) continue;
    const Matrix3 b = a;
    for (size_t i = 0; i < columns; ++i)
      for (size_t j = 0; j < columns; ++j)
        a[i][j] = i == k && j == k   ? -1 / b[k][k]
                  : i == k || j == k ? b[i][j] / b[k][k]
                                     : b[i][j] - b[i][k] * b[k][j] / b[k][k];
  }
  return a;
}

/// The exact mean and standard deviation of a withheld column of x.
inline std::pair<double, double> exact_conditional(const std::array<double, columns>& x, int subset,
                                                   int column) {
  const Matrix3 s = sweep(covariance, subset);
  double mean = 0;
  for (int j = 0; j < columns; ++j)
    if (is_given(subset, j)) mean += s[size_t(column)][size_t(j)] * x[size_t(j)];
  return {mean, std::sqrt(s[size_t(column)][size_t(column)])};
}

/// log p(withheld | given) of a row: column after column, each given those before.
inline double exact_log_density(const std::array<double, columns>& x, int subset) {
  double log_p = 0;
  for (int k = 0; k < columns; ++k) {
    if (is_given(subset, k)) continue;
    const auto [mean, deviation] = exact_conditional(x, subset, k);
    const double t = (x[size_t(k)] - mean) / deviation;
    log_p -= 0.5 * (t * t + std::log(2 * std::numbers::pi)) + std::log(deviation);
    subset |= 1 << k;
  }
  return log_p;
}

/// Rows of N(0, covariance).
inline Tensor draw_rows(int64_t rows, const RandomKey& key) {
  std::array<double, columns * columns> root{};  // its Cholesky factor L, transposed
  for (size_t i = 0; i < columns; ++i)
    for (size_t j = 0; j <= i; ++j) {
      double s = covariance[i][j];
      for (size_t k = 0; k < j; ++k) s -= root[k * columns + i] * root[k * columns + j];
      root[j * columns + i] = i == j ? std::sqrt(s) : s / root[j * columns + j];
    }
  return matmul(normal(key, {rows, columns}),
                Tensor::from<float>({root.begin(), root.end()}, {columns, columns}));
}

// ---- the model ------------------------------------------------------------------------------------------------------

/// The values that are given, and which they are: what is withheld leaves no trace but a 0 in the mask.
inline Tensor condition_of(const Tensor& x, const Tensor& mask) { return concat(x * mask, mask, 1); }

/// The condition of n rows x, all of which have the columns of `subset` given.
inline Tensor mask_of(int subset, int64_t rows) {
  std::vector<float> m;
  for (int k = 0; k < columns; ++k) m.push_back(is_given(subset, k) ? 1 : 0);
  return broadcast_to(Tensor::from(m, {1, columns}), {rows, columns});
}

struct Model : Module {
  Sequential encoder, decoder;

  explicit Model(int64_t condition_width = 2 * columns) {
    RandomStream random(/*seed=*/1, /*stream=*/0);
    for (Sequential* net : {&encoder, &decoder}) {
      net->emplace<Linear>(columns + condition_width, 64, random);
      net->emplace<ActivationLayer>("tanh");
      net->emplace<Linear>(64, 64, random);
      net->emplace<ActivationLayer>("tanh");
      net->emplace<Linear>(64, net == &encoder ? 2 * columns : columns, random);
    }
    submodule("encoder", encoder);
    submodule("decoder", decoder);
  }
};

/// squared error + beta KL of each row; the squared error is that of the withheld columns.
inline Tensor loss_of(Model& model, const Tensor& x, const Tensor& mask, const Tensor& c,
                      const RandomKey& key) {
  const Tensor out = model.encoder(concat(x, c, 1));
  const Tensor mu = out(all, Range(0, columns)), log_var = out(all, Range(columns, 2 * columns));
  const Tensor y = model.decoder(concat(reparameterise(mu, log_var, key), c, 1));
  const Tensor distortion = sum(square(y - x) * (1 - mask), 1);
  return distortion + beta * gaussian_kl(mu, log_var, Reduction::per_row);
}

using DrawMask = std::function<Tensor(int64_t rows, const RandomKey& key)>;
inline Tensor coin_flips(int64_t rows, const RandomKey& key) { return bernoulli(key, {rows, columns}, 0.5); }

/// Trains on fresh rows with fresh masks.
inline void train(Model& model, int64_t steps, const DrawMask& draw_mask = coin_flips,
                  const std::function<Tensor(const Tensor&, const Tensor&)>& condition = condition_of) {
  FlatParameters parameters(model);
  const auto adam = make_adam(parameters, {});
  const Schedule schedule{.kind = Schedule::Kind::cosine, .learning_rate = 0.003, .total = steps};
  RandomStream random(/*seed=*/1, /*stream=*/1);
  for (int64_t step = 0; step < steps; ++step) {
    const Tensor x = draw_rows(128, random.next()), mask = draw_mask(128, random.next());
    parameters.zero_gradients();
    Tape tape;
    tape.backward(mean(loss_of(model, x, mask, condition(x, mask), random.next())));
    adam->step(schedule.at(step));
  }
}

// ---- the model against the exact answer -----------------------------------------------------------------------------

/// By how many nats the model's bound on log p(withheld | given) is below the exact value, a mean over test rows. Both of the same
/// rows, so that what is hard about a row cancels.
inline Estimate gap_of(Model& model, int subset,
                       const std::function<Tensor(const Tensor&, const Tensor&)>& condition = condition_of) {
  const int64_t rows = 8192, draws = 16;
  const Tensor x = draw_rows(rows, {1, 2, 0}), mask = mask_of(subset, rows), c = condition(x, mask);
  std::vector<double> gap(size_t(rows), 0);
  for (uint64_t i = 0; i < draws; ++i) {
    const std::vector<double> loss = loss_of(model, x, mask, c, {1, 2, 1 + i}).to_vector();
    for (size_t r = 0; r < gap.size(); ++r)
      gap[r] += loss[r] / (beta * double(draws));  // the negative ELBO, but for
  }
  int withheld = 0;
  for (int k = 0; k < columns; ++k) withheld += !is_given(subset, k);
  for (size_t r = 0; r < gap.size(); ++r)
    gap[r] += 0.5 * withheld * std::log(std::numbers::pi * beta) +  // the noise's constant
              exact_log_density({x.at(r, 0), x.at(r, 1), x.at(r, 2)}, subset);
  return estimate_of(gap);
}

inline std::string name_of(int subset) {
  std::string name;
  for (int k = 0; k < columns; ++k)
    if (is_given(subset, k)) name += (name.empty() ? "x" : ", x") + std::to_string(k);
  return name.empty() ? "nothing" : name;
}
