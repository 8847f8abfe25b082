#pragma once
#include "cvae/model.hpp"

namespace elbow {

/// Fully connected: encoder [input, c] -> hidden layers -> mu and log_var; decoder [z, c] -> hidden layers -> x. A hidden
/// layer is Linear, BatchNorm, activation, dropout, as far as the settings ask for them. Settings: encoder, decoder (the
/// widths of the hidden layers), latents, and those of read_layer_style.
std::unique_ptr<Cvae> make_mlp_cvae(const Config& config, const ModelSizes& sizes, RandomStream& initialisation,
                                    RandomStream& dropout);

}  // namespace elbow
