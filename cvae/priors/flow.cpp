#include <cmath>

#include "autograd/operators.hpp"
#include "cvae/prior.hpp"
#include "cvae/priors/prior_net.hpp"

namespace elbow {
namespace {

constexpr double largest_log_scale = 2;  // of one layer
constexpr int64_t moment_draws = 64;     // of which mean and variance are taken

// One coupling layer: scales and shifts the `moved` latents by functions of the `kept` ones and of c.
class Coupling : public Module {
 public:
  Coupling(int64_t kept, int64_t moved, int64_t condition, const Config& config, RandomStream& initialisation) {
    const int64_t in = add_prior_layers(hidden_, kept + condition, config, {64, 64}, initialisation);
    log_scale_ = std::make_unique<Linear>(in, moved, zero_weights, zero_weights, initialisation);
    shift_ = std::make_unique<Linear>(in, moved, zero_weights, zero_weights, initialisation);
    submodule("hidden", hidden_);
    submodule("log_scale", *log_scale_);
    submodule("shift", *shift_);
  }
  struct Terms {
    Tensor log_scale, shift;  // [rows, moved]
  };
  Terms terms(const Tensor& kept, const Tensor& c) {
    const Tensor h = hidden_(c ? concat(kept, c, 1) : kept);
    return {largest_log_scale * tanh((*log_scale_)(h) / largest_log_scale), (*shift_)(h)};
  }

 private:
  Sequential hidden_;
  std::unique_ptr<Linear> log_scale_, shift_;
};

// z = f(u), u ~ N(0, I): a row u is halved into (a, b). Each layer maps (a, b) to (b e^s(a) + t(a), a), so that the halves take
// turns. log p(z) = log N(u; 0, I) - sum of all s. The term of its ConditionedPrior is c.
class FlowPrior : public DensityPrior {
 public:
  FlowPrior(const Config& config, const PriorSizes& sizes, RandomStream& initialisation)
      : latents_(sizes.latents) {
    const auto layers = config.get<int64_t>("layers", 6, between(1, 256));
    int64_t a = latents_ / 2, b = latents_ - a;
    for (int64_t i = 0; i < layers; ++i, std::swap(a, b)) {
      layers_.push_back(std::make_unique<Coupling>(a, b, sizes.condition, config, initialisation));
      submodule(str("layers.", i), *layers_.back());
    }
    last_ = {a, b};
  }

  ConditionedPrior operator()(const Tensor& c) override { return {{}, this, {c}}; }

  Tensor log_density(const ConditionedPrior& p, const Tensor& z) const override {
    Tensor a = slice(z, 1, 0, last_[0]), b = slice(z, 1, last_[0], latents_), log_scales;
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      const auto [log_scale, shift] = (*layer)->terms(b, p.terms[0]);  // b was kept, a moved
      const Tensor moved = (a - shift) * exp(-log_scale);
      const Tensor s = sum(log_scale, 1);
      log_scales = log_scales ? log_scales + s : s;
      a = b;
      b = moved;
    }
    return elbow::log_density(DiagonalNormal{}, concat(a, b, 1)) - log_scales;
  }

  Tensor draw(const ConditionedPrior& p, const Tensor& noise, const Tensor&) const override {
    const int64_t half = latents_ / 2;
    Tensor a = slice(noise, 1, 0, half), b = slice(noise, 1, half, latents_);
    for (const auto& layer : layers_) {
      const auto [log_scale, shift] = layer->terms(a, p.terms[0]);
      const Tensor moved = b * exp(log_scale) + shift;
      b = a;
      a = moved;
    }
    return concat(a, b, 1);
  }

  // There is no closed form: of draws in pairs of opposite sign, the same for all rows.
  DiagonalNormal moments(const ConditionedPrior& p) const override {
    const int64_t rows = p.terms[0] ? p.terms[0].size(0) : 1;
    const Device device = this->device();
    Tensor total, squares;
    for (int64_t d = 0; d < moment_draws; ++d) {
      const Tensor half = normal({0, 0, uint64_t(d / 2)}, {1, latents_}, 0, 1, DType::float32, device);
      const Tensor noise = broadcast_to(d % 2 ? -half : half, {rows, latents_});
      const Tensor z = draw(p, noise, {}), z2 = square(z);
      total = total ? total + z : z;
      squares = squares ? squares + z2 : z2;
    }
    const Tensor mean = total / double(moment_draws);
    return {mean, log(maximum(squares / double(moment_draws) - square(mean),
                              Tensor::full({}, 1e-8, mean.dtype(), mean.device())))};
  }

 private:
  int64_t latents_;
  std::vector<std::unique_ptr<Coupling>> layers_;
  std::array<int64_t, 2> last_{};  // widths of the halves of z
};

}  // namespace

std::unique_ptr<Prior> make_flow_prior(const Config& config, const PriorSizes& sizes,
                                       RandomStream& initialisation) {
  if (sizes.latents < 2)
    config.fail("kind", "a flow moves half of the latents by the other half: it needs at least 2");
  return std::make_unique<FlowPrior>(config, sizes, initialisation);
}

}  // namespace elbow
