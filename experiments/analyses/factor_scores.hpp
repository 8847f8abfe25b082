#pragma once
#include "cvae/experiment.hpp"
#include "experiments/report/factor_plot.hpp"

namespace elbow {

/// The fewest test rows that say anything about factors: they are cut into 20 bins.
inline constexpr int64_t least_factor_rows = 100;

/// The posteriors of some test rows under the condition that gives least.
struct FactorRows {
  std::vector<int64_t> rows;  ///< of the test set
  std::vector<const Attribute*> factors;
  std::vector<double> mean, log_var;  ///< [rows, latents]
  std::vector<double> kl;             ///< [rows], nats
  std::vector<double> latent_kl;      ///< [latents], nats per row
  /// Which rows have the same condition; empty: all. Where each has its own, as under a number, there is no such group.
  std::vector<int64_t> group;
  bool own_conditions = false;
};

/// Up to evaluation.factor_rows of the test rows whose factors are all known, evenly spread. Nothing is given: of columns none, of
/// attributes none if the model can do without; otherwise each row is given all of its own.
FactorRows factor_rows(const Experiment& experiment);

/// What the latents know of the factors. `tell` is called with the number of the factor. Latents count as active above
/// evaluation.active_kl; inactive ones are left out of all but the information: their means may depend on the factors, but the noise
/// of their posterior hides that.
FactorMap factor_map(
    const Experiment& experiment, const FactorRows& rows,
    const std::function<void(int64_t done, int64_t total)>& tell = [](int64_t, int64_t) {});

/// How many latents are active units: those whose posterior mean varies by more than 0.01 over the rows (Burda, Grosse &
/// Salakhutdinov, "Importance weighted autoencoders", 2016). mean [rows, latents].
int64_t active_units(const std::vector<double>& mean, int64_t latents);

}  // namespace elbow
