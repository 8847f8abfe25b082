#include "cvae/likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "autograd/operators.hpp"
#include "base/parallel.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"

namespace elbow {

std::string why_no_likelihood(const Experiment& e) {
  if (e.loss.autoencoder) return "an autoencoder has no distribution of its codes, so none of the rows";
  if (!(e.loss.beta > 0)) return "with beta = 0 the loss is not beta times a negative ELBO";
  for (const auto& term : e.loss.terms)
    for (const Feature& f : e.data.train.features) {
      const ColumnRange& columns = term->columns;
      const bool of_term = f.first >= columns.first && f.first < columns.first + columns.width;
      if (of_term && !term->is_distribution_of(f.kind))
        return "the cross-entropy of grey values (loss.distortion = \"bce\") is not that of a distribution";
    }
  return {};
}

void require_likelihood(const Experiment& e) {
  if (const std::string why = why_no_likelihood(e); !why.empty()) throw Error("likelihood: " + why);
}

namespace {

// The importance weights of one row: their sum and that of their squares, in units of the largest so far, so that none
// overflows.
class WeightSums {
 public:
  void add(double log_weight) {
    if (log_weight > largest_) {
      const double shrink = std::exp(largest_ - log_weight);
      sum_ *= shrink, squares_ *= shrink * shrink;
      largest_ = log_weight;
    }
    const double weight = std::exp(log_weight - largest_);
    sum_ += weight, squares_ += weight * weight;
  }
  // The relative variance of a weight is samples / effective - 1, but for the correction to samples - 1.
  Likelihood result(double samples) const {
    Likelihood out;
    out.log_p = largest_ + std::log(sum_ / samples);
    out.effective = std::min(samples, sum_ * sum_ / squares_);
    out.standard_error = samples > 1 ? std::sqrt((samples / out.effective - 1) / (samples - 1)) : no_number;
    return out;
  }

 private:
  double largest_ = std::numeric_limits<double>::lowest(), sum_ = 0, squares_ = 0;
};

// The importance weights of a batch.
class Weights {
 public:
  Weights(const Experiment& e, const Batch& batch, const Tensor& c, uint64_t seed, uint64_t number)
      : model_(*e.model),
        device_(e.model->device()),
        batch_(on_device(batch, device_)),
        c_(c ? c.to(device_) : c),
        q_(model_.encode(batch_.input, c_)),
        p_(model_.prior(c_)),
        loss_(e.loss),
        seed_(seed),
        number_(number) {
    loss_.copies_given = e.condition.by_columns();
    counted_ = counted_entries(loss_, batch_, c_);
    constants_ = constants();
  }

  int64_t rows() const { return q_.mu.size(0); }

  // log w of draws first, first + 1, ... [draws, rows].
  std::vector<double> log_weights(int64_t first, int64_t draws) const {
    const Tensor noise = noise_of(first, draws), z = reparameterise(q_, noise);  // [draws, rows, latents]
    std::vector<double> log_w = log_ratio(noise, z).to_vector<double>();
    const Tensor c = repeated(c_, draws);
    const Tensor y = model_.decode(reshape(z, {draws * rows(), z.size(2)}), c);  // [draws * rows, columns]
    const Tensor x = repeated(batch_.x, draws), counted = repeated(counted_, draws);
    for (const auto& term : loss_.terms) {
      const auto losses = distortion_of(*term, y, x, counted, true).to_vector<double>();
      const double unit = term->density(loss_.beta).unit;
      for (size_t i = 0; i < log_w.size(); ++i) log_w[i] -= losses[i] / unit;
    }
    for (size_t i = 0; i < log_w.size(); ++i) log_w[i] -= constants_[i % size_t(rows())];
    return log_w;
  }

 private:
  // The part of -log p(x | z, c) that no draw changes, summed over the entries of each row that count.
  std::vector<double> constants() const {
    std::vector<double> out(size_t(rows()), 0);
    const Tensor all = Tensor::full(batch_.x.shape(), 1, DType::float32, device_);
    for (const auto& term : loss_.terms) {
      const double constant = term->density(loss_.beta).constant;
      if (constant == 0) continue;
      const auto entries = sum(term->columns.of(counted_ ? counted_ : all), 1).to_vector<double>();
      for (size_t r = 0; r < out.size(); ++r) out[r] += entries[r] * constant;
    }
    return out;
  }

  Tensor noise_of(int64_t first, int64_t draws) const {
    Tensor noise = Tensor::empty({draws, rows(), model_.latents()});
    const int64_t each = rows() * model_.latents();
    parallel_for(draws, noise.numel(), [&](int64_t d) {
      fill_normal(likelihood_noise(seed_, first + d, number_), noise.data<float>() + d * each, each);
    });
    return noise.to(device_);
  }

  // log p(z | c) - log q(z | x, c) [draws, rows], of z = mu + e^(log_var / 2) * noise. The constants cancel.
  Tensor log_ratio(const Tensor& noise, const Tensor& z) const {
    if (!p_.is_normal()) {
      const int64_t draws = z.size(0);
      const Tensor flat = reshape(z, {draws * rows(), z.size(2)});
      const Tensor log_p = model_.prior(repeated(c_, draws)).log_density(flat);
      return log_p - log_density(repeated(q_, draws), flat);
    }
    const DiagonalNormal& p = p_.normal;
    const Tensor log_q = square(noise) + q_.log_var;  // each times -1/2
    const Tensor log_p = p.is_standard() ? square(z) : square((z - p.mu) * exp(-0.5 * p.log_var)) + p.log_var;
    return 0.5 * sum(log_q - log_p, 2);
  }

  Cvae& model_;
  const Device device_;
  const Batch batch_;
  const Tensor c_;
  const Posterior q_;
  const ConditionedPrior p_;
  LossSettings loss_;  // that of the experiment, over withheld entries
  const uint64_t seed_, number_;
  Tensor counted_;                 // [rows, columns], or undefined where all entries count
  std::vector<double> constants_;  // [rows]
};

// How many draws of `rows` rows go through the decoder together: so many that their outputs take some MiB.
int64_t draws_at_once(int64_t rows, int64_t columns) {
  constexpr int64_t most_rows = 16384, most_elements = 1 << 21;
  return std::max<int64_t>(1, std::min(most_rows, most_elements / columns) / rows);
}

}  // namespace

std::vector<Likelihood> log_likelihoods(const Experiment& e, const Batch& batch, const Tensor& c,
                                        int64_t samples, uint64_t seed, uint64_t number) {
  require_likelihood(e);
  if (samples < 1) fail("likelihood", "expects at least one sample, not ", samples);
  const Evaluating evaluating(*e.model);
  const Weights weights(e, batch, c, seed, number);
  const int64_t rows = weights.rows(), at_once = draws_at_once(rows, batch.x.size(1));
  std::vector<WeightSums> sums(size_t(rows), WeightSums{});
  for (int64_t first = 0; first < samples; first += at_once) {
    const int64_t draws = std::min(at_once, samples - first);
    const auto log_w = weights.log_weights(first, draws);  // [draws, rows]
    parallel_for(rows, 16 * draws * rows, [&](int64_t r) {
      for (int64_t d = 0; d < draws; ++d) sums[size_t(r)].add(log_w[size_t(d * rows + r)]);
    });
  }
  std::vector<Likelihood> out;
  for (const WeightSums& s : sums) out.push_back(s.result(double(samples)));
  return out;
}

const GaussianConditionals::Pattern& GaussianConditionals::pattern_of(const Mask& given, const Mask& observed) {
  Mask key = given;
  key.insert(key.end(), observed.begin(), observed.end());
  const auto found = patterns_.find(key);
  if (found != patterns_.end()) return found->second;
  constexpr size_t most_elements = 1 << 23;  // that the cache holds: 64 MiB
  if (patterns_.size() * given.size() * given.size() > most_elements) patterns_.clear();
  Pattern p{principal_axes(distribution_.covariance, given, observed), 0};
  p.degenerate = int64_t(split(given, observed).withheld.size() - p.axes.variances.size());
  return patterns_.emplace(std::move(key), std::move(p)).first->second;
}

namespace {

// log N(u; 0, variance).
double log_normal(double u, double variance) {
  return -0.5 * (std::log(2 * std::numbers::pi * variance) + u * u / variance);
}

}  // namespace

std::vector<double> GaussianConditionals::log_densities(const Batch& batch, const Tensor& mask,
                                                        double noise_variance) {
  const int64_t rows = batch.x.size(0), d = batch.x.size(1);
  std::vector<double> out, centred(size_t(d), 0);  // x - mean; 0 where an entry is missing
  Mask given(size_t(d), false), observed(size_t(d), true);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < d; ++i) {
      given[size_t(i)] = mask && mask.data<float>()[r * d + i] == 1;
      observed[size_t(i)] = !batch.observed || batch.observed.data<float>()[r * d + i] == 1;
      centred[size_t(i)] =
          observed[size_t(i)] ? batch.x.data<float>()[r * d + i] - distribution_.mean[size_t(i)] : 0;
    }
    const auto& [axes, degenerate] = pattern_of(given, observed);
    double log_p = 0;
    if (degenerate > 0)
      log_p = noise_variance > 0 ? double(degenerate) * log_normal(0, noise_variance) : no_number;
    for (size_t k = 0; k < axes.variances.size(); ++k) {
      double u = 0;  // the innovation along axis k
      for (int64_t i = 0; i < d; ++i) u += axes.innovations(int64_t(k), i) * centred[size_t(i)];
      log_p += log_normal(u, std::max(axes.variances[k], noise_variance));
    }
    out.push_back(log_p);
  }
  return out;
}

}  // namespace elbow
