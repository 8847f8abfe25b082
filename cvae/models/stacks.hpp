#pragma once
#include "cvae/models/gaussian_base.hpp"
#include "nn/blocks.hpp"

namespace elbow {

/// The four nets of a CVAE. What they are made of is the model's business; what goes in and out is the same for all:
/// encoder [input, c] -> h; mu and log_var, h -> [rows, latents] each; decoder [z, c] -> x.
struct Stacks {
  std::unique_ptr<Layer> encoder, mu, log_var, decoder;
};

/// A CVAE whose encoder and decoder see the condition as further columns of their input. With a base they also see what it expects,
/// and what the decoder returns is added to that.
class StackedCvae : public Cvae {
 public:
  StackedCvae(Stacks stacks, int64_t latents, std::unique_ptr<GaussianBase> base = nullptr);
  void fit(const Dataset& train) override;
  Posterior encode_here(const Tensor& input, const Tensor& c) override;
  Tensor decode_here(const Tensor& z, const Tensor& c) override;
  int64_t latents() const override { return latents_; }

 private:
  Tensor with_known(const Tensor& t, const Tensor& c);
  Stacks stacks_;
  int64_t latents_;
  std::unique_ptr<GaussianBase> base_;  // null: none
};

/// Reads what all models of layers share: activation, batch_norm, dropout, init {weights, weight_scale, biases,
/// bias_scale}. The dropout "auto" is min(0.5, max(0.1, 0.5 sqrt(1000 / rows))) of that many training rows: few are learned by heart.
LayerStyle read_layer_style(const Config& config, int64_t rows);

/// The base that the setting `base` asks for: "none" (null), or "gaussian"; null too where fewer than 2 or more than `most_base_columns`
/// columns are numbers. Error, naming the key, unless the condition is made of columns.
std::unique_ptr<GaussianBase> read_base(const Config& config, const ModelSizes& sizes);
inline constexpr int64_t most_base_columns = 128;  ///< its cost is O(columns^3) a row

/// Reads the section `init` alone: weights, weight_scale, biases, bias_scale, each as in `defaults` where it is left out.
LinearInit read_init(const Config& config, LinearInit defaults);

/// For the last layer of mu and log_var: weights of variance 1 / (3 inputs) and no bias, so that the first posteriors are
/// near the prior N(0, 1) and the first KL is small.
LinearInit near_prior();

}  // namespace elbow
