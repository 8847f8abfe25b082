#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "autograd/random.hpp"
#include "base/config.hpp"
#include "cvae/prior.hpp"
#include "data/dataset.hpp"
#include "nn/module.hpp"

namespace elbow {

/// The encoder's output for each row: q(z | x, c).
using Posterior = DiagonalNormal;

/// A conditional variational autoencoder: the encoder sees x and c, the decoder a draw of z, and c (Sohn et al. 2015).
class Cvae : public Module {
 public:
  /// input [rows, ModelSizes::input] (Batch::input), c [rows, condition width] or undefined. What comes back lies on the
  /// device of the input, wherever the model is.
  Posterior encode(const Tensor& input, const Tensor& c);
  /// z [rows, latents], c [rows, condition width] or undefined: the parameters of p(x | z, c) [rows, outputs], such as means or
  /// logits (OutputLayout), on the device of z.
  Tensor decode(const Tensor& z, const Tensor& c);
  /// p(z | c) of each row: N(0, I) unless the model has another prior, on its device.
  ConditionedPrior prior(const Tensor& c);
  /// What training adds to the KL for the sake of the prior (Prior::penalty), []; undefined: nothing.
  Tensor penalty(const ConditionedPrior& p) const { return prior_ ? prior_->penalty(p) : Tensor(); }
  virtual int64_t latents() const = 0;
  /// Appends constants to what decode returns (OutputLayout): parameters "noise" with these first values, and a buffer "units".
  void set_output_constants(const std::vector<float>& trained, const std::vector<float>& fixed);
  /// Sets what a model takes from the training rows, or from files, before it is trained; most take nothing. Error if these do not
  /// fit.
  virtual void fit(const Dataset&) {}
  /// Whether it is a finished model of which the prior alone is trained. Its outputs hold their constants already.
  virtual bool trains_prior_alone() const { return false; }

  /// Gives the model a prior with parameters, as its part "prior"; null: it stays N(0, I). Error as for Module::part.
  void set_prior(std::unique_ptr<Prior> prior);
  bool has_standard_prior() const { return !prior_; }
  /// Whether the prior is a diagonal normal for each condition, so that the KL has a closed form.
  bool has_normal_prior() const { return !dynamic_cast<const DensityPrior*>(prior_.get()); }

  /// From here on encode, decode and prior throw Error, which begins with `name`, where an output holds a NaN or an infinity:
  /// whoever uses a finished model wants numbers. (A training looks at its loss instead.)
  void require_finite(std::string name) { name_ = std::move(name); }

 private:
  // The same on the model's device.
  virtual Posterior encode_here(const Tensor& input, const Tensor& c) = 0;
  virtual Tensor decode_here(const Tensor& z, const Tensor& c) = 0;
  Tensor checked(Tensor output) const;
  std::optional<std::string> name_;
  std::unique_ptr<Prior> prior_;  // null: N(0, I)
  Tensor noise_, units_;          // [1, constants], or undefined
};

/// What a model must fit.
struct ModelSizes {
  int64_t columns;  ///< of x
  int64_t input;  ///< columns that the encoder sees: those of x, or [x, observed] where entries may be missing
  int64_t condition;                            ///< columns of c
  std::optional<ImageSize> image = {};          ///< what a row is, where it is an image
  bool masked = false;                          ///< whether c = [x m, m] with a mask m over the columns of x
  int64_t outputs = 0;                          ///< of the decoder's network; 0: one for each column of x
  std::vector<float> trained = {}, fixed = {};  ///< constants among the decoder's outputs (OutputLayout)
  /// [columns]: the output that says where the number of the column lies (DistortionTerm::locations); -1: it is no number. Empty: not known.
  std::vector<int64_t> locations = {};
  int64_t rows = 0;  ///< of the training set
  double noise =
      0;  ///< variance of the noise that squared error stands for, beta / 2; 0: another loss, or beta = 0
  int64_t network_outputs() const { return outputs > 0 ? outputs : columns; }
};

/// The model that the section `model` describes: {"kind": NAME, ...the settings of that kind, "prior": {...}}. The first
/// parameters are a function of the section and the seed. Error, naming the key, for an unknown kind or an impossible value.
std::unique_ptr<Cvae> make_model(const Config& config, const ModelSizes& sizes, uint64_t seed,
                                 RandomStream& dropout_stream);

/// The kinds of model that there are.
std::vector<std::string> model_kinds();

/// The halves of a condition c = [x m, m] over columns of x: the given values, 0 elsewhere, and the mask m [rows, columns].
Tensor values_in(const Tensor& c);
Tensor mask_in(const Tensor& c);

/// [x, c] side by side; x alone where there is no condition.
Tensor with_condition(const Tensor& x, const Tensor& c);

}  // namespace elbow
