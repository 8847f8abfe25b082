#pragma once
#include "cvae/model.hpp"
#include "nn/blocks.hpp"

namespace elbow {

/// The four nets of a CVAE. What they are made of is the model's business; what goes in and out is the same for all:
/// encoder [input, c] -> h; mu and log_var, h -> [rows, latents] each; decoder [z, c] -> x.
struct Stacks {
  std::unique_ptr<Layer> encoder, mu, log_var, decoder;
};

/// A CVAE whose encoder and decoder see the condition as further columns of their input.
class StackedCvae : public Cvae {
 public:
  StackedCvae(Stacks stacks, int64_t latents);
  Posterior encode_here(const Tensor& input, const Tensor& c) override;
  Tensor decode_here(const Tensor& z, const Tensor& c) override;
  int64_t latents() const override { return latents_; }

 private:
  Stacks stacks_;
  int64_t latents_;
};

/// Reads what all models of layers share: activation, batch_norm, dropout, init {weights, weight_scale, biases,
/// bias_scale}.
LayerStyle read_layer_style(const Config& config);

/// Reads the section `init` alone: weights, weight_scale, biases, bias_scale, each as in `defaults` where it is left out.
LinearInit read_init(const Config& config, LinearInit defaults);

/// For the last layer of mu and log_var: weights of variance 1 / (3 inputs) and no bias, so that the first posteriors are
/// near the prior N(0, 1) and the first KL is small.
LinearInit near_prior();

}  // namespace elbow
