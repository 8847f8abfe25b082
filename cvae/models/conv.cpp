#include "autograd/ops.hpp"
#include "cvae/models/models.hpp"
#include "cvae/models/pyramid.hpp"
#include "cvae/models/stacks.hpp"

namespace elbow {
namespace {

using Widths = std::vector<int64_t>;

// The widths of a net, and what a convolution is made of.
struct Settings {
  Widths encoder, decoder;
  int64_t latents;
  std::string activation;
  LinearInit init;
};

// Convolutions one behind the other, named "0", "1", ....
class ConvStack : public Module {
 public:
  template <class Conv>
  void add(int64_t in, int64_t out, int64_t conditions, const ConvSettings& settings, const LinearInit& init,
           RandomStream& stream) {
    auto conv = std::make_unique<Conv>(in, out, settings, init.weights, init.biases, stream);
    layers_.push_back(
        std::make_unique<ConditionedConv>(std::move(conv), conditions, init.weights, init.biases, stream));
    submodule(std::to_string(layers_.size() - 1), *layers_.back());
  }
  // The activation stands between the layers, and behind the last one if asked for.
  Tensor forward(Tensor x, const Tensor& c, ActivationLayer& activation, bool activate_last) {
    for (size_t i = 0; i < layers_.size(); ++i) {
      x = layers_[i]->forward(x, c);
      if (activate_last || i + 1 < layers_.size()) x = activation(x);
    }
    return x;
  }

 private:
  std::vector<std::unique_ptr<ConditionedConv>> layers_;
};

class ConvCvae : public Cvae {
 public:
  ConvCvae(const Settings& s, const ModelSizes& sizes, RandomStream& stream)
      : image_(*sizes.image),
        input_channels_(sizes.input / (image_.height * image_.width)),
        output_channels_(sizes.network_outputs() / (image_.height * image_.width)),
        latents_(s.latents),
        features_(s.encoder.back() * encoded(image_.height, s.encoder.size()) *
                  encoded(image_.width, s.encoder.size())),
        activation_(s.activation) {
    int64_t in = input_channels_;
    for (const int64_t out : s.encoder) {
      encoder_.add<Conv2d>(in, out, sizes.condition, encoding, s.init, stream);
      in = out;
    }
    // small: the first posteriors are near N(0, 1)
    mu_ = std::make_unique<Linear>(features_, latents_, torch_default, torch_default, stream);
    log_var_ = std::make_unique<Linear>(features_, latents_, torch_default, torch_default, stream);
    join_ = std::make_unique<Linear>(latents_ + sizes.condition, s.decoder.front(), s.init.weights,
                                     s.init.biases, stream);
    for (size_t i = 0; i < s.decoder.size(); ++i) {
      const bool last = i + 1 == s.decoder.size();
      decoder_.add<ConvTranspose2d>(s.decoder[i], last ? output_channels_ : s.decoder[i + 1], sizes.condition,
                                    last ? last_decoding : decoding, s.init, stream);
    }
    submodule("encoder", encoder_);
    submodule("mu", *mu_);
    submodule("log_var", *log_var_);
    submodule("join", *join_);
    submodule("decoder", decoder_);
  }

  Posterior encode_here(const Tensor& input, const Tensor& c) override {
    const Tensor x = reshape(input, {input.size(0), input_channels_, image_.height, image_.width});
    const Tensor h = reshape(encoder_.forward(x, c, activation_, true), {input.size(0), features_});
    return {(*mu_)(h), (*log_var_)(h)};
  }

  Tensor decode_here(const Tensor& z, const Tensor& c) override {
    const Tensor joined = (*join_)(with_condition(z, c));  // [rows, width]
    const Tensor pixel = reshape(joined, {joined.size(0), joined.size(1), 1, 1});
    const Tensor y = decoder_.forward(pixel, c, activation_, false);  // [rows, output channels, height, width]
    return reshape(y, {y.size(0), output_channels_ * image_.height * image_.width});
  }

  int64_t latents() const override { return latents_; }

 private:
  const ImageSize image_;
  const int64_t input_channels_;   // those of x, or twice as many: x, and which of its entries are there
  const int64_t output_channels_;  // those of x, once for each parameter of p(x | z, c)
  const int64_t latents_, features_;
  ActivationLayer activation_;
  ConvStack encoder_, decoder_;
  std::unique_ptr<Linear> mu_, log_var_, join_;
};

}  // namespace

std::unique_ptr<Cvae> make_conv_cvae(const Config& config, const ModelSizes& sizes,
                                     RandomStream& initialisation, RandomStream& /*dropout*/) {
  if (!sizes.image) config.fail("kind", "convolutions are for images, which these data are not");
  Settings s;
  s.encoder = config.get<Widths>("encoder", {64, 128, 1024}, at_least(1));
  s.latents = config.get<int64_t>("latents", 10, at_least(1));
  s.decoder = config.get<Widths>("decoder", {1024, 128, 64}, at_least(1));
  s.activation = config.choice("activation", ActivationLayer::names(), "relu");
  s.init = read_init(config, {torch_default, torch_default});

  check_pyramid(config, *sizes.image, s.encoder, s.decoder);
  return std::make_unique<ConvCvae>(s, sizes, initialisation);
}

}  // namespace elbow
