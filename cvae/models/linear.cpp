#include <array>
#include <cmath>

#include "autograd/operators.hpp"
#include "cvae/models/models.hpp"
#include "cvae/models/stacks.hpp"
#include "data/batches.hpp"
#include "metrics/moments.hpp"

namespace elbow {
namespace {

using Widths = std::vector<int64_t>;

// A learned function of the variance along an axis: hidden layers from its logarithm to one number.
class OfVariance : public Layer {
 public:
  OfVariance(const Widths& widths, const LayerStyle& style, LayerStreams streams) {
    const int64_t in = add_hidden_layers(net_, 1, widths, style, streams);
    const LinearInit head = near_prior();
    net_.emplace<Linear>(in, 1, head.weights, head.biases, streams.initialisation);
    submodule("net", net_);
  }
  // variances [rows, axes], the same out.
  Tensor forward(const Tensor& variances) override {
    const Tensor in = reshape(log(variances + least), {variances.numel(), 1});
    return reshape(net_(in), variances.shape());
  }

 private:
  static constexpr double least = 1e-9;  // so that an axis without variance has a logarithm, too
  Sequential net_;
};

// With the Gaussian of the training rows' mean and covariance, let r be what the given columns do not predict of a row,
// r = x - E[x | given], and w_i the principal axes of its covariance, |w_i|^2 = lambda_i, largest first. Then
//
//     q(z_i | x, c) = N(gain(lambda_i) w_i . r / lambda_i, exp(log_var(lambda_i)))
//     output        = E[x | given] + sum_i output_gain(lambda_i) z_i w_i
//
// where gain, log_var and output_gain are learned. At the optimum of a Gaussian set, gain = output_gain = sqrt(1 - s^2) and
// log_var = log s^2 with s^2 = beta / (2 lambda), or 1 below the water level (docs/optimum.md).
class LinearCvae : public Cvae {
 public:
  LinearCvae(const Config& config, const ModelSizes& sizes, LayerStreams streams)
      : columns_(sizes.columns),
        mean_(Tensor::zeros({columns_})),
        unit_(Tensor::full({}, 1)),
        covariance_(Tensor::zeros({columns_, columns_})) {
    if (!sizes.masked) config.fail("kind", "linear expects a condition of columns, each of which may be given");
    if (sizes.network_outputs() != columns_)
      config.fail("kind", "linear has one output for each column: loss.scale = \"entry\" needs two");
    latents_ = config.get<int64_t>("latents", columns_, between(1, double(columns_)));
    const auto widths = config.get<Widths>("gains", {32, 32}, at_least(1));
    LayerStyle style;
    style.activation = config.choice("activation", ActivationLayer::names(), style.activation);
    style.batch_norm = false;
    gain_ = std::make_unique<OfVariance>(widths, style, streams);
    log_var_ = std::make_unique<OfVariance>(widths, style, streams);
    output_gain_ = std::make_unique<OfVariance>(widths, style, streams);
    buffer("mean", mean_);
    buffer("unit", unit_);
    buffer("covariance", covariance_);
    submodule("gain", *gain_);
    submodule("log_var", *log_var_);
    submodule("output_gain", *output_gain_);
  }
  int64_t latents() const override { return latents_; }

  // The mean and the covariance of the training rows.
  void fit(const Dataset& train) override {
    const std::vector<int64_t> index = evenly_spread(train.rows(), most_rows);
    const Batch rows = rows_of(train, index);
    const Moments moments = rows.observed ? observed_moments(rows.x, rows.observed) : moments_of(rows.x);
    double variance = 0;
    for (int64_t i = 0; i < columns_; ++i) variance += moments.covariance(i, i) / double(columns_);
    if (variance == 0) variance = 1;
    std::vector<double> covariance = moments.covariance.values;
    for (double& c : covariance) c /= variance;
    const auto set = [](Tensor& buffer, const std::vector<double>& values) {
      buffer = Tensor::from(values, buffer.shape()).to(DType::float32).to(buffer.device());
    };
    set(mean_, moments.mean);
    set(covariance_, covariance);
    set(unit_, {std::sqrt(variance)});
  }

 private:
  // What a condition determines.
  struct Conditioned {
    Tensor predicted;        // [rows, columns]: E[x | given], in units
    Tensor axes, variances;  // [rows, latents, columns], [rows, latents]: w_i and lambda_i
  };

  Posterior encode_here(const Tensor& input, const Tensor& c) override {
    const auto& [predicted, axes, variances] = conditioned(c);
    const Tensor x = in_units(slice(input, 1, 0, columns_));
    const Tensor gain = (*gain_)(variances), scale = gain / (variances + ridge);
    if (input.size(1) == columns_) return {mean_code(x - predicted, axes, scale), (*log_var_)(variances)};

    // Missing entries: what is seen of an axis is that of the columns that are there. The posterior's mean is a fixed point
    // of expectation-maximisation (Dempster, Laird & Rubin 1977): the missing entries are filled in by the output of the
    // mean so far, at first by what the columns that are there predict.
    const Tensor observed = slice(input, 1, columns_, 2 * columns_);
    const Tensor seen = sum(square(axes) * reshape(observed, {x.size(0), 1, columns_}), 2);
    Tensor innovations = completed(x, observed) - predicted;
    Tensor mu = mean_code(innovations, axes, scale);
    for (int i = 0; i < em_steps; ++i) {
      innovations = where(observed, innovations, innovations_of(mu * gain, axes));
      mu = mean_code(innovations, axes, scale);
    }
    return {mu, (*log_var_)(seen)};
  }
  Tensor decode_here(const Tensor& z, const Tensor& c) override {
    const auto& [predicted, axes, variances] = conditioned(c);
    return mean_ + unit_ * (predicted + innovations_of(z * (*output_gain_)(variances), axes));
  }

  // Encoder and decoder, and all draws of a latent, are asked about the same condition one after the other: it is kept until
  // another one comes, or it is written to. Not on a GPU, where a recorded step replays with other values in the same tensor.
  const Conditioned& conditioned(const Tensor& c) {
    const std::array versions{c.body()->storage->version, covariance_.body()->storage->version};
    if (c_.body() == c.body() && versions_ == versions && c.device() == Device::cpu) return conditioned_;
    const Tensor mask = mask_in(c), axes = slice(principal_axes(covariance_, mask, ridge), 1, 0, latents_);
    conditioned_ = {completed(in_units(values_in(c)), mask), axes, sum(square(axes), 2)};
    c_ = c;
    versions_ = versions;
    return conditioned_;
  }
  Tensor in_units(const Tensor& x) const { return (x - mean_) / unit_; }
  // x [rows, columns] where the mask is 1, its mean given those columns elsewhere.
  Tensor completed(const Tensor& x, const Tensor& mask) const {
    return where(mask, x, matmul(masked_solve(covariance_, x, mask, ridge), covariance_));
  }
  // scale_i w_i . r for r [rows, columns]: [rows, latents].
  Tensor mean_code(const Tensor& r, const Tensor& axes, const Tensor& scale) const {
    return sum(axes * reshape(r, {r.size(0), 1, columns_}), 2) * scale;
  }
  // sum_i a_i w_i for a [rows, latents]: [rows, columns].
  Tensor innovations_of(const Tensor& a, const Tensor& axes) const {
    return sum(axes * reshape(a, {a.size(0), latents_, 1}), 1);
  }

  static constexpr int64_t most_rows = 1 << 17;  // of which the moments are taken
  static constexpr double ridge = 1e-5;  // added to the covariance's diagonal: columns may depend on each other
  static constexpr int em_steps = 5;
  int64_t columns_, latents_;
  // All is computed with (x - mean) / unit, whose covariance has a mean diagonal of 1.
  Tensor mean_, unit_, covariance_;  // [columns], [], [columns, columns]
  std::unique_ptr<OfVariance> gain_, log_var_, output_gain_;
  Tensor c_;  // the condition that conditioned_ belongs to, and the versions of it and of the covariance
  std::array<uint32_t, 2> versions_{};
  Conditioned conditioned_;
};

}  // namespace

std::unique_ptr<Cvae> make_linear_cvae(const Config& config, const ModelSizes& sizes,
                                       RandomStream& initialisation, RandomStream& dropout) {
  return std::make_unique<LinearCvae>(config, sizes, LayerStreams{initialisation, dropout});
}

}  // namespace elbow
