#pragma once
#include <memory>

#include "autograd/random.hpp"
#include "base/config.hpp"
#include "cvae/latent.hpp"
#include "nn/module.hpp"

namespace elbow {

/// A prior p(z | c) with parameters, which are trained with the model's by the same loss.
class Prior : public Module {
 public:
  /// p(z | c) of each row, for c [rows, condition width].
  virtual DiagonalNormal operator()(const Tensor& c) = 0;
};

/// What a prior must fit.
struct PriorSizes {
  int64_t condition;  ///< columns of c
  int64_t latents;
};

/// The prior of a model that `prior` describes, {"kind": NAME, ...the settings of that kind}, a section within the section
/// `model`. Null for "standard", the default: N(0, I) has no parameters, and its section is left out of the resolved settings.
/// Error, naming the key, for an unknown kind or an impossible value.
std::unique_ptr<Prior> make_prior(const Config& model, const PriorSizes& sizes, RandomStream& initialisation);

}  // namespace elbow
