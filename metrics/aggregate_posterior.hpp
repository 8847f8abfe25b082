#pragma once
#include <cstdint>
#include <vector>

#include "autograd/random.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The two parts of the mean KL of the posteriors q(z | x) to a prior (Hoffman & Johnson, "ELBO surgery", 2016):
///
///     mean KL(q(z | x) || p(z)) = I_q(x; z) + KL(q(z) || p(z))
///
/// where q(z) = mean q(z | x) is the aggregate posterior. All in nats per row.
struct KlParts {
  double kl = no_number;         ///< the mean KL over the rows, exact
  Estimate information;          ///< I_q(x; z) from below
  double information_above = 0;  ///< I_q(x; z) from above; NaN where a group has one row
  double prior_part =
      no_number;  ///< KL(q(z) || p(z)): kl - information.mean, so it is too large by what the latter lacks
  double largest_information =
      0;  ///< what `information` cannot exceed: the mean over the rows of log(rows of the group)
};

/// Estimates them from the posteriors N(mean, e^log_var) of n rows, [rows, latents] in float32 or float64, the KL of each row
/// [rows], and one draw z_i from each row's posterior:
///
///     information         mean log q(z_i | x_i) - log mean_j q(z_i | x_j)            over all j
///     information_above   the same                                                   over all j but i
///
/// The expectation of the first is at most I_q(x; z), that of the second at least (Poole et al., "On variational bounds of mutual
/// information", 2019, equations 10 and 13). The first cannot exceed log n, so it says little where it comes near to that. Its
/// standard error is that of a mean over the rows; it leaves out that all rows share one mixture.
///
/// `group` [rows] says which rows are compared with each other: those under one condition c, where the parts are I_q(x; z | c) and
/// KL(q(z | c) || p(z | c)). Empty: all rows. O(rows^2 latents) in double; the same bits for any number of threads. Error if the
/// sizes differ or a number is not finite.
KlParts kl_parts(const Tensor& mean, const Tensor& log_var, const std::vector<double>& kl,
                 const std::vector<int64_t>& group, const RandomKey& noise);

}  // namespace elbow
