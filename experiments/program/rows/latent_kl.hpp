#pragma once
#include <functional>
#include <vector>

#include "cvae/experiment.hpp"

namespace elbow {

/// Writes the condition of batch number `number`.
using DrawCondition = std::function<void(const Batch& batch, uint64_t number, Condition::Drawn& out)>;

/// The mean KL of each latent [latents] over the run's test set under such conditions, in nats per row.
std::vector<double> mean_latent_kl(const Experiment& experiment, const DrawCondition& draw);

/// The latents whose KL is above evaluation.active_kl, ascending.
std::vector<int64_t> active_latents(const Experiment& experiment, const std::vector<double>& kl);

}  // namespace elbow
