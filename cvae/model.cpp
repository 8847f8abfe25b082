#include "cvae/model.hpp"

#include "autograd/ops.hpp"
#include "base/streams.hpp"
#include "cvae/models/models.hpp"

namespace elbow {
namespace {

using Maker = std::unique_ptr<Cvae> (*)(const Config&, const ModelSizes&, RandomStream&, RandomStream&);
const std::vector<std::pair<std::string, Maker>> makers = {
    {"mlp", make_mlp_cvae},           {"dense", make_dense_cvae},
    {"residual", make_residual_cvae}, {"residual_extended", make_residual_extended_cvae},
    {"conv", make_conv_cvae},         {"linear", make_linear_cvae},
    {"matched", make_matched_cvae},   {"unet", make_unet_cvae},
};

}  // namespace

std::vector<std::string> model_kinds() {
  std::vector<std::string> kinds;
  for (const auto& [name, maker] : makers) kinds.push_back(name);
  return kinds;
}

std::unique_ptr<Cvae> make_model(const Config& config, const ModelSizes& sizes, uint64_t seed,
                                 RandomStream& dropout_stream) {
  const std::vector<std::string> kinds = model_kinds();
  const std::string kind = config.choice("kind", kinds, kinds.front());
  RandomStream initialisation(seed, stream::initialisation);
  for (const auto& [name, maker] : makers) {
    if (name != kind) continue;
    auto model = maker(config, sizes, initialisation, dropout_stream);
    if (!model->trains_prior_alone()) model->set_output_constants(sizes.trained, sizes.fixed);
    model->set_prior(make_prior(config, {sizes.condition, model->latents()}, initialisation));
    if (model->trains_prior_alone() && model->has_standard_prior())
      config.fail("prior",
                  "is all that is trained of a model of this kind: choose one that learns (prior.kind)");
    return model;
  }
  config.fail("kind", "unknown");
}

namespace {
Tensor moved(const Tensor& t, Device device) { return t ? t.to(device) : t; }
}  // namespace

Posterior Cvae::encode(const Tensor& input, const Tensor& c) {
  const Device here = device(), asked = input.device();
  const Posterior q = encode_here(input.to(here), moved(c, here));
  return {checked(q.mu.to(asked)), checked(q.log_var.to(asked)), q.axes ? q.axes.to(asked) : q.axes};
}

Tensor Cvae::decode(const Tensor& z, const Tensor& c) {
  const Device here = device();
  Tensor y = decode_here(z.to(here), moved(c, here));
  for (const Tensor& constants : {noise_, units_})
    if (constants) y = concat(y, broadcast_to(constants, {y.size(0), constants.size(1)}), 1);
  return checked(y.to(z.device()));
}

void Cvae::set_output_constants(const std::vector<float>& trained, const std::vector<float>& fixed) {
  if (!trained.empty()) {
    noise_ = Tensor::from(trained, {1, int64_t(trained.size())});
    parameter("noise", noise_);
  }
  if (fixed.empty()) return;
  units_ = Tensor::from(fixed, {1, int64_t(fixed.size())});
  buffer("units", units_);
}

ConditionedPrior Cvae::prior(const Tensor& c) {
  if (!prior_) return {};
  ConditionedPrior p = (*prior_)(moved(c, device()));
  for (const Tensor& t : {p.normal.mu, p.normal.log_var, p.terms[0], p.terms[1], p.terms[2]})
    if (t) checked(t);
  return p;
}

void Cvae::set_prior(std::unique_ptr<Prior> prior) {
  if (prior) submodule("prior", *prior);
  prior_ = std::move(prior);
}

Tensor Cvae::checked(Tensor output) const {
  if (name_ && !all_finite(output))
    throw Error(
        str(*name_,
            ": the model's output is not finite: its weights, or the values that it is given, are too large"));
  return output;
}

Tensor values_in(const Tensor& c) { return slice(c, 1, 0, c.size(1) / 2); }
Tensor mask_in(const Tensor& c) { return slice(c, 1, c.size(1) / 2, c.size(1)); }

Tensor with_condition(const Tensor& x, const Tensor& c) { return c ? concat(x, c, 1) : x; }

}  // namespace elbow
