#pragma once
#include "cvae/model.hpp"
#include "nn/layers.hpp"

namespace elbow {

/// The settings of an MLP CVAE.
struct MlpSettings {
  std::vector<int64_t> encoder{64, 64, 64};  ///< widths of the hidden layers
  int64_t latents = 64;
  std::vector<int64_t> decoder{64, 64, 64};
  std::string activation = "relu";
  bool batch_norm = true;
  double dropout = 0;
  Init weights{Init::Law::xavier_normal, 1}, biases{Init::Law::normal, 1};
};

/// Fully connected: encoder [x, c] -> hidden layers -> mu and log_var; decoder [z, c] -> hidden layers -> x. A hidden
/// layer is Linear, BatchNorm, activation, dropout, as far as the settings ask for them.
class MlpCvae : public Cvae {
 public:
  MlpCvae(const MlpSettings& settings, const ModelSizes& sizes, RandomStream& initialisation,
          RandomStream& dropout);
  Posterior encode(const Tensor& input, const Tensor& c) override;
  Tensor decode(const Tensor& z, const Tensor& c) override;
  int64_t latents() const override { return latents_; }

 private:
  int64_t latents_;
  Sequential encoder_, decoder_;
  std::unique_ptr<Linear> mu_, log_var_;
};

/// Reads the settings: encoder, latents, decoder, activation, batch_norm, dropout, init {weights, weight_scale, biases,
/// bias_scale}.
std::unique_ptr<Cvae> make_mlp_cvae(const Config& config, const ModelSizes& sizes, RandomStream& initialisation,
                                    RandomStream& dropout);

}  // namespace elbow
