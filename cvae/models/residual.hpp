#pragma once
#include "cvae/model.hpp"

namespace elbow {

/// Stacks of residual layers (ResidualBlock): encoder [input, c] -> layers; mu and log_var; decoder [z, c] -> layers -> x. The
/// last layer of mu, of log_var and of the decoder has no activation. Settings: encoder, decoder (the widths of the layers;
/// the decoder gets one more, the columns of the data), bottleneck, and those of read_layer_style.
///
/// Here mu and log_var are one layer each: setting `latents`, its width.
std::unique_ptr<Cvae> make_residual_cvae(const Config& config, const ModelSizes& sizes,
                                         RandomStream& initialisation, RandomStream& dropout);
/// The same with a stack of layers for each of mu and log_var: setting `latent`, the widths of the stack, of which the last
/// is the number of latents.
std::unique_ptr<Cvae> make_residual_extended_cvae(const Config& config, const ModelSizes& sizes,
                                                  RandomStream& initialisation, RandomStream& dropout);

}  // namespace elbow
