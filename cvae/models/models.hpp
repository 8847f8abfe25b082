#pragma once
#include "cvae/model.hpp"

namespace elbow {

/// Fully connected: encoder [input, c] -> hidden layers -> mu and log_var; decoder [z, c] -> hidden layers -> x. A hidden
/// layer is Linear, BatchNorm, activation, dropout, as far as the settings ask for them. Settings: encoder, decoder (the
/// widths of the hidden layers), latents, and those of read_layer_style.
std::unique_ptr<Cvae> make_mlp_cvae(const Config& config, const ModelSizes& sizes, RandomStream& initialisation,
                                    RandomStream& dropout);

/// Stacks of densely connected blocks (DenseBlock): encoder [input, c] -> blocks; mu and log_var, a stack of blocks each;
/// decoder [z, c] -> blocks -> x. All blocks end with batch norm and their activation, as hidden layers do, but for the
/// last ones of mu, log_var and decoder, which end with a Linear alone. Settings: encoder, latent, decoder, a list of
/// blocks each, every block a list of the widths of its layers; the last width of `latent` is the number of latents, and
/// the decoder's last block gets one more layer, the columns of the data. And the settings of read_layer_style.
std::unique_ptr<Cvae> make_dense_cvae(const Config& config, const ModelSizes& sizes,
                                      RandomStream& initialisation, RandomStream& dropout);

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

/// For images of which some pixels are given, c = [x m, m]: convolutions as in "conv", which see [input, x m, m] as channels. A second
/// stack of the same widths sees [x m, m], and each transposed convolution of the decoder also sees what that stack makes of its
/// scale (Ronneberger, Fischer & Brox 2015, "U-Net"). So what is given is known where it lies. Settings as of "conv". Error where the
/// condition is not made of pixels, and unless encoder and decoder have as many widths.
std::unique_ptr<Cvae> make_unet_cvae(const Config& config, const ModelSizes& sizes,
                                     RandomStream& initialisation, RandomStream& dropout);

/// Linear in the values of a row, with coefficients that depend on the mask: the best one of a Gaussian set is of this form
/// (docs/optimum.md). What the given columns predict of the others, and the principal axes of the rest, are those of a Gaussian
/// with the training rows' mean and covariance, which are saved and not trained; latent i is the i-th axis, largest first. Trained
/// are the gain of the output, a function of the variance along an axis that is the same for all axes and masks, and the noise of
/// the output, which together give the posterior. Settings: latents (at most, and by default, one for each column), gains (the widths
/// of the hidden layers of that function), activation. For real columns; O(columns^3) a row. Error, naming the key, for a condition
/// that is not made of columns.
std::unique_ptr<Cvae> make_linear_cvae(const Config& config, const ModelSizes& sizes,
                                       RandomStream& initialisation, RandomStream& dropout);

/// A finished VAE without a condition, and a learned prior p(z | c): posterior matching (Strauss & Oliva 2022, "Posterior Matching
/// for Arbitrary Conditioning"). Encoder and decoder are those of the VAE and stay as they are. Only the prior is trained, by the
/// KL of q(z | x) to it, and becomes the encoder of what is given: p(x_withheld | x_given) is the VAE's decoder with z ~ p(z | c).
/// Settings: vae (the folder of its run), prior (any but the standard one); architecture is the section `model` of that run, which
/// need not be there again unless it is trained. Error, naming the key, for a run that is not that of such a VAE.
std::unique_ptr<Cvae> make_matched_cvae(const Config& config, const ModelSizes& sizes,
                                        RandomStream& initialisation, RandomStream& dropout);

}  // namespace elbow
