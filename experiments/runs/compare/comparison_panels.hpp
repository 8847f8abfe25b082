#pragma once
#include "experiments/report/panel.hpp"
#include "experiments/runs/compare/comparison.hpp"
#include "experiments/runs/compare/optimum_curve.hpp"

namespace elbow {

/// Distortion against KL, a curve for each group over the numbers of given columns: from nothing given, upper right, to all
/// given, lower left. The optimum of each group as hollow circles on a dashed line.
Panel by_count_panel(const Comparison& comparison);

/// Distortion against KL of the whole test set, a point with standard errors for each run, its optimum as a hollow
/// circle, and the curve that no model can be below.
Panel total_panel(const Comparison& comparison, const OptimumCurve& curve);

/// The way of each run in that plane, epoch by epoch; its end is the point. The first epochs may lie outside.
Panel path_panel(const Comparison& comparison, const OptimumCurve& curve);

/// Test loss per epoch, a line for each run.
Panel loss_panel(const Comparison& comparison);

/// What is shown against beta.
enum class AgainstBeta { loss, excess, kl, active_at_0, active };

/// A figure of the runs against beta: their points, with standard errors (over the seeds, where there are several, else
/// over the test rows), and the optimum as a line.
Panel beta_panel(const Comparison& comparison, const OptimumCurve& curve, AgainstBeta what);

/// Frechet distance against beta, a curve for each number of given columns (of many, a few).
Panel fid_beta_panel(const Comparison& comparison);

/// Frechet distance against the number of given columns, a curve for each group.
Panel fid_panel(const Comparison& comparison);

}  // namespace elbow
