#include <array>
#include <cmath>

#include "autograd/operators.hpp"
#include "cvae/models/models.hpp"
#include "cvae/models/stacks.hpp"
#include "data/batches.hpp"
#include "metrics/gaussian_em.hpp"

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
//     output = E[x | given] + sum_i z_i a_i,    a_i = gain(lambda_i) w_i
//
// and q(z | x, c) is what Bayes' rule makes of the prior N(0, I) and the columns that are there: with A their part of the a_i
// as rows, under r = z A + noise of variance v,
//
//     precision P = I + A A^T / v,    mean = P^-1 A r / v.
//
// The function gain and the noise v are learned. At the optimum of a Gaussian set, v = beta / 2 and gain(lambda)^2 = 1 - v / lambda,
// or 0 below the water level (docs/optimum.md). The axes of a complete row are orthogonal, P is diagonal, and so is the
// posterior. A missing entry takes its part of each a_i away; then the posterior is diagonal along the eigenvectors of P.
class LinearCvae : public Cvae {
 public:
  LinearCvae(const Config& config, const ModelSizes& sizes, LayerStreams streams)
      : columns_(sizes.columns),
        mean_(Tensor::zeros({columns_})),
        unit_(Tensor::full({}, 1)),
        covariance_(Tensor::zeros({columns_, columns_})),
        noise_(sizes.noise),
        log_noise_(Tensor::zeros({})) {
    if (!sizes.masked) config.fail("kind", "linear expects a condition of columns, each of which may be given");
    if (sizes.network_outputs() != columns_)
      config.fail("kind", "linear has one output for each column: loss.scale = \"entry\" needs two");
    latents_ = config.get<int64_t>("latents", columns_, between(1, double(columns_)));
    const auto widths = config.get<Widths>("gains", {32, 32}, at_least(1));
    LayerStyle style;
    style.activation = config.choice("activation", ActivationLayer::names(), style.activation);
    style.batch_norm = false;
    gain_ = std::make_unique<OfVariance>(widths, style, streams);
    buffer("mean", mean_);
    buffer("unit", unit_);
    buffer("covariance", covariance_);
    submodule("gain", *gain_);
    parameter("log_noise", log_noise_);
    if (sizes.input == columns_) return;
    std::vector<float> identity(size_t(latents_ * latents_), 0);
    for (int64_t i = 0; i < latents_; ++i) identity[size_t(i * latents_ + i)] = 1;
    identity_ = Tensor::from(identity, {latents_, latents_});
    buffer("identity", identity_);
  }
  int64_t latents() const override { return latents_; }

  // The mean and the covariance of the training rows, and the noise in their units: an optimiser takes steps of one length in its
  // logarithm, too many of them where the variances are thousands of times beta.
  void fit(const Dataset& train) override {
    const std::vector<int64_t> index =
        evenly_spread(train.rows(), train.observed ? em_rows(columns_) : most_rows);
    const Batch rows = rows_of(train, index);
    const Moments moments = rows.observed ? gaussian_em(rows.x, rows.observed) : moments_of(rows.x);
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
    if (noise_ == 0) return;
    set(log_noise_, {std::log(noise_ / variance)});
    log_noise_.set_requires_grad();
  }

 private:
  // What a condition determines.
  struct Conditioned {
    Tensor predicted;        // [rows, columns]: E[x | given], in units
    Tensor axes, variances;  // [rows, latents, columns], [rows, latents]: w_i and lambda_i
  };

  Posterior encode_here(const Tensor& input, const Tensor& c) override {
    const Conditioned& given = conditioned(c);
    const Tensor a = output_axes(given), noise = exp(log_noise_);  // [rows, latents, columns], []
    const Tensor r = in_units(slice(input, 1, 0, columns_)) - given.predicted;
    if (input.size(1) == columns_) {
      const Tensor precision = sum(square(a), 2) / noise + 1;  // [rows, latents]: the diagonal of P
      return {products(a, r) / (noise * precision), -log(precision)};
    }
    const Tensor seen = a * reshape(slice(input, 1, columns_, 2 * columns_), {input.size(0), 1, columns_});
    const Tensor e = eigenvectors(seen, noise);                  // [rows, latents, latents]
    const Tensor along = matmul(e, seen);                        // [rows, latents, columns]: orthogonal
    const Tensor precision = sum(square(along), 2) / noise + 1;  // [rows, latents]: the eigenvalues of P
    const Tensor mean = products(along, r) / (noise * precision);
    return {combined(mean, e), -log(precision), e};
  }
  Tensor decode_here(const Tensor& z, const Tensor& c) override {
    const Conditioned& given = conditioned(c);
    return mean_ + unit_ * (given.predicted + combined(z, output_axes(given)));
  }

  // The a_i: [rows, latents, columns].
  Tensor output_axes(const Conditioned& given) {
    return given.axes * reshape((*gain_)(given.variances), {given.axes.size(0), latents_, 1});
  }
  // The eigenvectors of I + A A^T / noise as the rows of matrices [rows, latents, latents], for A [rows, latents, columns]. They
  // are taken as constants: the posterior is the best there is for the model's output, so the loss does not change with them in
  // first order.
  Tensor eigenvectors(const Tensor& a, const Tensor& noise) const {
    const NoGrad no_grad;
    const Tensor none_given = Tensor::zeros({a.size(0), latents_}, a.dtype(), a.device());
    const Tensor axes = principal_axes(matmul(a, a, Trans::no, Trans::yes) + noise * identity_, none_given);
    return axes / sqrt(sum(square(axes), 2, true));
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
  // a_i . r for a [rows, latents, columns] and r [rows, columns]: [rows, latents].
  static Tensor products(const Tensor& a, const Tensor& r) {
    return sum(a * reshape(r, {r.size(0), 1, r.size(1)}), 2);
  }
  // sum_i z_i a_i for z [rows, latents] and a [rows, latents, columns]: [rows, columns].
  static Tensor combined(const Tensor& z, const Tensor& a) {
    return sum(a * reshape(z, {z.size(0), z.size(1), 1}), 1);
  }

  static constexpr int64_t most_rows = 1 << 17;  // of which the moments are taken
  static constexpr double ridge = 1e-5;  // added to the covariance's diagonal: columns may depend on each other
  int64_t columns_, latents_;
  // All is computed with (x - mean) / unit, whose covariance has a mean diagonal of 1.
  Tensor mean_, unit_, covariance_;  // [columns], [], [columns, columns]
  std::unique_ptr<OfVariance> gain_;
  double noise_;      // what v starts as, in units of x; 0: as 1, in units
  Tensor log_noise_;  // []: ln v, in units
  Tensor identity_;   // [latents, latents], or undefined where nothing is missing
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
