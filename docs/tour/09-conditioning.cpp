// Chapter 9 of the tour: one model for every subset of given columns, against the exact conditional distributions.
#include <array>
#include <numbers>

#include "autograd/operators.hpp"
#include "metrics/results.hpp"
#include "nn/nn.hpp"
#include "tour.hpp"

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

/// Draws from p(x | given columns of `point`): z from the prior, through the decoder, plus its noise.
inline Tensor sample(Model& model, const std::array<double, columns>& point, int subset, int64_t rows) {
  const Tensor x =
      broadcast_to(Tensor::from<float>({point.begin(), point.end()}, {1, columns}), {rows, columns});
  const Tensor c = condition_of(x, mask_of(subset, rows)), z = normal({1, 3, 0}, {rows, columns});
  return model.decoder(concat(z, c, 1)) + std::sqrt(beta / 2) * normal({1, 3, 1}, {rows, columns});
}

inline std::string name_of(int subset) {
  std::string name;
  for (int k = 0; k < columns; ++k)
    if (is_given(subset, k)) name += (name.empty() ? "x" : ", x") + std::to_string(k);
  return name.empty() ? "nothing" : name;
}

inline constexpr std::array<double, columns> point{1, 0.4, -0.6};

inline void draw(const std::string& folder, Model& model) {
  std::string data, plots;
  for (const int subset : {0, 1, 5}) {  // of x1: nothing, x0, x0 and x2 given
    const auto [mean, deviation] = exact_conditional(point, subset, 1);
    const int64_t rows = 100000;
    const Tensor drawn = sample(model, point, subset, rows);
    std::vector<std::vector<double>> bins;
    for (double at = -2.95; at < 3; at += 0.1) {
      const double t = (at - mean) / deviation;
      bins.push_back({at, 0, std::exp(-0.5 * t * t) / (deviation * std::sqrt(2 * std::numbers::pi))});
    }
    for (int64_t i = 0; i < rows; ++i) {
      const double bin = std::floor((drawn.at(i, 1) + 3) * 10);
      if (bin >= 0 && bin < 60) bins[size_t(bin)][1] += 10 / double(rows);
    }
    const std::string n = std::to_string(subset);
    data += tour::datablock("b" + n, bins);
    plots += "set title 'x1, given " + name_of(subset) + "'\nplot $b" + n +
             " using 1:2 with boxes fs solid 0.35 noborder lc rgb " + tour::blue + " title 'the model', $b" +
             n + " using 1:3 with lines lw 2 lc rgb " + tour::red + " title 'exact'\n";
  }
  tour::draw(
      folder, "09-conditionals", 960, 300,
      data + "set multiplot layout 1,3\nset xrange [-3:3]; set yrange [0:1.2]; set key top left samplen 1\n" +
          plots);
}

int main(int argc, char** argv) {
  Model model;
  train(model, 8000);
  std::puts("                 at (1, 0.4, -0.6), a withheld column:");
  std::puts("given       x      mean   exact    deviation  exact    gap of the bound, nats");
  bool close = true, above = true;
  for (int subset = 0; subset < 7; ++subset) {
    const int column = is_given(subset, 1) ? is_given(subset, 0) ? 2 : 0 : 1;
    const Tensor drawn = sample(model, point, subset, 20000)(all, column);
    const double mean_drawn = mean(drawn).item(), deviation = std::sqrt(variance(drawn).item());
    const auto [exact, exact_deviation] = exact_conditional(point, subset, column);
    const Estimate gap = gap_of(model, subset);
    std::printf("%-10s  x%d  %7.2f  %6.2f      %7.2f  %5.2f    %.3f +- %.3f\n", name_of(subset).c_str(), column,
                mean_drawn, exact, deviation, exact_deviation, gap.mean, gap.standard_error);
    close = close && std::abs(mean_drawn - exact) < 0.15 && std::abs(deviation - exact_deviation) < 0.15;
    above = above && gap.mean > -4 * gap.standard_error && gap.mean < 0.15;
  }
  tour::check("means and deviations are near the exact ones", close);
  tour::check("no bound is above the exact density, none far below", above);

  Model specialist;
  train(specialist, 8000, [](int64_t rows, const RandomKey&) { return mask_of(1, rows); });
  std::puts("\na model that was only ever given x0:");
  for (const int subset : {1, 0, 5})
    std::printf("given %-8s gap %.2f\n", name_of(subset).c_str(), gap_of(specialist, subset).mean);
  tour::check("it answers what it was trained for", gap_of(specialist, 1).mean < 0.1);
  tour::check("and nothing else", gap_of(specialist, 0).mean > 0.5 && gap_of(specialist, 5).mean > 0.5);
  if (argc > 1) draw(argv[1], model);
  return tour::failures;
}
