#pragma once
#include "cvae/model.hpp"

namespace elbow {

/// Stacks of residual layers (ResidualBlock): encoder [input, c] -> layers; mu and log_var; decoder [z, c] -> layers -> x. The
/// last layer of mu, of log_var and of the decoder has no activation. Settings: encoder, decoder (the widths of the layers;
/// the decoder gets one more, the columns of the data), bottleneck, zero_init_residual, and those of read_layer_style.
///
/// How the posteriors start: with zero_init_residual (see ResidualStyle) a layer first passes on what its bypass gives. A
/// layer of mu or log_var that changes the width has a small projection there, and starts near the prior. One that does not
/// has x itself; the first means and log-variances are then the encoder's features, and not, as without zero_init_residual,
/// those plus one unit of variance from every layer, which for 512 latents makes a first KL of thousands of nats.
///
/// Here mu and log_var are one layer each: setting `latents`, its width.
std::unique_ptr<Cvae> make_residual_cvae(const Config& config, const ModelSizes& sizes,
                                         RandomStream& initialisation, RandomStream& dropout);
/// The same with a stack of layers for each of mu and log_var: setting `latent`, the widths of the stack, of which the last
/// is the number of latents.
std::unique_ptr<Cvae> make_residual_extended_cvae(const Config& config, const ModelSizes& sizes,
                                                  RandomStream& initialisation, RandomStream& dropout);

}  // namespace elbow
