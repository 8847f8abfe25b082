#pragma once
#include "cvae/model.hpp"

namespace elbow {

/// Convolutional, for images [channels, height, width], with a projection of the condition added at every pixel of every
/// convolution's output:
///
///     encoder: a 4x4 convolution of stride 2 for each width, each followed by the activation; linear mu and log_var
///     decoder: linear [z, c] -> the first width, as an image of one pixel; a 5x5 transposed convolution of stride 2 and
///              the activation for each further width; a 6x6 one of stride 2 and padding 1 -> the channels of x
///
/// so that n widths of the decoder make images of 28 x 28 pixels for n = 3, of 12 x 12 for n = 2, of 60 x 60 for n = 4.
/// Settings: encoder, decoder (the widths), latents, activation, and those of read_init, by default PyTorch's distributions. Error,
/// naming the key, for data that are not images, or not of that size.
std::unique_ptr<Cvae> make_conv_cvae(const Config& config, const ModelSizes& sizes,
                                     RandomStream& initialisation, RandomStream& dropout);

}  // namespace elbow
