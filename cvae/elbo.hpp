#pragma once
#include <string>

#include "cvae/model.hpp"

namespace elbow {

/// How the decoder's answer is held against x, summed over the columns.
enum class Distortion {
  squared_error,  ///< (x - y)^2
  bce             ///< binary cross-entropy of x in [0, 1] under the logits y, in nats
};

/// What is minimised: distortion + beta * KL(q(z | x, c) || N(0, 1)), in nats per row (Kingma & Welling 2014; beta:
/// Higgins et al. 2017).
struct LossSettings {
  Distortion distortion = Distortion::squared_error;
  double beta = 1;
};

/// Reads the section `loss`: {"distortion": "squared_error" | "bce", "beta": number >= 0}.
LossSettings read_loss(const Config& config);

/// The distortion of each row [rows], or their mean [].
Tensor distortion_of(Distortion kind, const Tensor& y, const Tensor& x, bool per_row);

/// The negative ELBO of a batch with its parts: means over the rows, scalars.
struct Elbo {
  Tensor loss, distortion, kl;
};
/// One draw of the noise for each row, from the sequence that `noise` names.
Elbo elbo(Cvae& model, const Tensor& x, const Tensor& c, const LossSettings& loss, const RandomKey& noise);

}  // namespace elbow
