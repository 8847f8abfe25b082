#pragma once
#include "cvae/model.hpp"

namespace elbow {

/// Stacks of densely connected blocks (DenseBlock): encoder [input, c] -> blocks; mu and log_var, a stack of blocks each;
/// decoder [z, c] -> blocks -> x. All blocks end with batch norm and their activation, as hidden layers do, but for the
/// last ones of mu, log_var and decoder, which end with a Linear alone. Settings: encoder, latent, decoder, a list of
/// blocks each, every block a list of the widths of its layers; the last width of `latent` is the number of latents, and
/// the decoder's last block gets one more layer, the columns of the data. And the settings of read_layer_style.
std::unique_ptr<Cvae> make_dense_cvae(const Config& config, const ModelSizes& sizes,
                                      RandomStream& initialisation, RandomStream& dropout);

}  // namespace elbow
