#pragma once
#include "experiments/report/panel.hpp"
#include "experiments/report/style.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// What an epoch panel shows: one of the three losses.
enum class LossCurve { loss, distortion, weighted_kl };

/// The train and test losses against the epoch, with bands of one standard error and the optimum as a dashed line. The
/// few highest values of a long run (its first epochs) are cut off, so that its end can be seen.
Panel epoch_panel(const RunResults& run, LossCurve curve);

/// Test rows in the plane of the two most informative latents, coloured by the number of given columns.
Panel scatter_panel(const RunResults& run, const CountColours& colours);

/// KL of each latent dimension, strongest first: one curve per count, the optimum as hollow circles. Ends where
/// all curves are below 0.01 nats, but not before the tenth dimension.
Panel kl_panel(const RunResults& run, const CountColours& colours);

/// The same over all latents with a logarithmic axis, which also shows how silent the unused ones are. Hollow triangles
/// at its end mark what is below.
Panel kl_all_panel(const RunResults& run, const CountColours& colours);

/// Distortion against KL: one point per count, with its label, and the optimum as a hollow circle with a line between the
/// two. Of many counts, some have labels.
Panel rate_distortion_panel(const RunResults& run, const CountColours& colours);

}  // namespace elbow
