#pragma once
#include "cvae/experiment.hpp"

namespace elbow {

/// Names the latents of draw number `draw` for batch number `batch`: one more draw leaves the others as they are.
RandomKey latent_key(uint64_t seed, int64_t draw, uint64_t batch);

/// The decoder's answer for latents z [rows, latents] under conditions c: [rows, columns] in the units of x (values_of).
/// With z ~ N(0, I) it is a draw from the model given the conditions alone.
Tensor generate(Experiment& experiment, const Tensor& z, const Tensor& c);

/// What is drawn of that which an answer of the decoder leaves open.
struct Observe {
  bool categories;  ///< of binary and categorical features, from their probabilities
  bool
      noise;  ///< real columns under squared error from N(value, beta / 2): the law under which squared error + beta KL
              ///< is beta times the negative ELBO, up to a constant
};
/// Draws that in place; a function of the key of the latents.
void draw_observations(const Experiment& experiment, Observe observe, const RandomKey& latents, Tensor& values);

}  // namespace elbow
