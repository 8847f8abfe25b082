#include "autograd/ops.hpp"
#include "cvae/models/models.hpp"
#include "cvae/models/pyramid.hpp"
#include "cvae/models/stacks.hpp"

namespace elbow {
namespace {

// The widths of the nets, and what a convolution is made of.
struct UnetSettings {
  std::vector<int64_t> encoder, decoder;
  int64_t latents;
  std::string activation;
  LinearInit init;
};

// Convolutions of stride 2, each followed by the activation, named "0", "1", ....
class Descent : public Module {
 public:
  Descent(int64_t in, const UnetSettings& s, RandomStream& stream) {
    for (const int64_t out : s.encoder) {
      convs_.push_back(std::make_unique<Conv2d>(in, out, encoding, s.init.weights, s.init.biases, stream));
      submodule(std::to_string(convs_.size() - 1), *convs_.back());
      in = out;
    }
  }
  // What each makes of the images x, the largest scale first.
  std::vector<Tensor> forward(Tensor x, ActivationLayer& activation) {
    std::vector<Tensor> scales;
    for (const auto& conv : convs_) scales.push_back(x = activation((*conv)(x)));
    return scales;
  }

 private:
  std::vector<std::unique_ptr<Conv2d>> convs_;
};

class UnetCvae : public Cvae {
 public:
  UnetCvae(const UnetSettings& s, const ModelSizes& sizes, RandomStream& stream)
      : image_(*sizes.image),
        latents_(s.latents),
        first_width_(s.decoder.front()),
        encoder_(channels_of(sizes.input + sizes.condition), s, stream),
        given_(channels_of(sizes.condition), s, stream),
        mu_(s.encoder.back(), latents_, torch_default, torch_default, stream),  // small: near N(0, 1)
        log_var_(s.encoder.back(), latents_, torch_default, torch_default, stream),
        join_(latents_, first_width_, s.init.weights, s.init.biases, stream),
        activation_(s.activation) {
    submodule("encoder", encoder_);
    submodule("given", given_);
    submodule("mu", mu_);
    submodule("log_var", log_var_);
    submodule("join", join_);
    const size_t n = s.decoder.size();
    for (size_t i = 0; i < n; ++i) {
      const bool last = i + 1 == n;
      const int64_t in = s.decoder[i] + s.encoder[n - 1 - i];
      const int64_t out = last ? channels_of(sizes.network_outputs()) : s.decoder[i + 1];
      decoder_.push_back(std::make_unique<ConvTranspose2d>(in, out, last ? last_decoding : decoding,
                                                           s.init.weights, s.init.biases, stream));
      submodule(str("decoder.", i), *decoder_.back());
    }
  }

  Posterior encode_here(const Tensor& input, const Tensor& c) override {
    const Tensor top = encoder_.forward(images(with_condition(input, c)), activation_).back();
    const Tensor h = reshape(top, {top.size(0), top.size(1)});  // of one pixel
    return {mu_(h), log_var_(h)};
  }

  Tensor decode_here(const Tensor& z, const Tensor& c) override {
    const std::vector<Tensor> given = given_.forward(images(c), activation_);
    Tensor y = reshape(activation_(join_(z)), {z.size(0), first_width_, 1, 1});
    for (size_t i = 0; i < decoder_.size(); ++i) {
      y = (*decoder_[i])(concat(y, given[given.size() - 1 - i], 1));
      if (i + 1 < decoder_.size()) y = activation_(y);
    }
    return reshape(y, {y.size(0), y.numel() / y.size(0)});
  }

  int64_t latents() const override { return latents_; }

 private:
  int64_t channels_of(int64_t columns) const { return columns / (image_.height * image_.width); }
  // Rows of pixels, channel by channel, as images.
  Tensor images(const Tensor& t) const {
    return reshape(t, {t.size(0), channels_of(t.size(1)), image_.height, image_.width});
  }

  const ImageSize image_;
  const int64_t latents_, first_width_;
  Descent encoder_, given_;
  Linear mu_, log_var_, join_;
  ActivationLayer activation_;
  std::vector<std::unique_ptr<ConvTranspose2d>> decoder_;
};

}  // namespace

std::unique_ptr<Cvae> make_unet_cvae(const Config& config, const ModelSizes& sizes,
                                     RandomStream& initialisation, RandomStream& /*dropout*/) {
  if (!sizes.image || !sizes.masked)
    config.fail("kind", "needs images of which some pixels are given (condition.kind \"pixels\")");
  UnetSettings s;
  s.encoder = config.get<std::vector<int64_t>>("encoder", {32, 64, 256}, at_least(1));
  s.latents = config.get<int64_t>("latents", 32, at_least(1));
  s.decoder = config.get<std::vector<int64_t>>("decoder", {256, 64, 32}, at_least(1));
  s.activation = config.choice("activation", ActivationLayer::names(), "relu");
  s.init = read_init(config, {torch_default, torch_default});
  check_pyramid(config, *sizes.image, s.encoder, s.decoder);
  if (s.encoder.size() != s.decoder.size())
    config.fail("encoder", str("needs as many widths as the decoder, ", s.decoder.size()));
  return std::make_unique<UnetCvae>(s, sizes, initialisation);
}

}  // namespace elbow
