#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "metrics/results.hpp"

namespace elbow {

/// A distribution on R^d, cut into pieces: a set of points, or a curve whose pieces are short. docs/optimum.md, "Curves".
struct Pieces {
  std::int64_t dimensions = 1;
  std::vector<double> means = {};      ///< [n, dimensions]
  std::vector<double> weights = {};    ///< [n], their probabilities: above 0, together 1
  std::vector<double> variances = {};  ///< [n]: E |x - mean|^2 within the piece; empty: pieces are points
  std::vector<double> widths =
      {};  ///< [n]: no two points of the piece are further apart; empty: pieces are points

  std::size_t size() const { return weights.size(); }
  const double* mean(std::size_t i) const { return means.data() + i * std::size_t(dimensions); }
};

/// The best that an encoder and a decoder can do with rows of a distribution and no condition, for the loss squared error +
/// beta * information: which reconstructions there are, and how often each is used.
struct OptimalChannel {
  std::int64_t dimensions = 1;
  double beta = 1;
  std::vector<double> reconstructions;  ///< [k, dimensions]
  std::vector<double> probabilities;    ///< [k]
  /// What it attains: E of at(x) over the distribution, `loss` rounded up by less than the mean variance within a piece.
  LossTerms<double> mean;
  /// No model of any kind has a loss below mean.loss - gap.
  double gap = 0;

  /// Loss, distortion and KL of a row x [dimensions], averaged over the channel's noise: the loss is
  /// -beta ln sum_j p_j exp(-|x - y_j|^2 / beta).
  LossTerms<double> at(const double* x) const;
};

/// The optimal channel, to within `tolerance` (nats) if the pieces are narrow enough: the reconstructions and their
/// probabilities by the algorithm of Blahut and Arimoto with free reconstructions, which are those of an EM algorithm for a mixture of
/// Gaussians; and the gap by Csiszar's dual bound, from a search of the whole bounding box of the pieces. Deterministic.
OptimalChannel optimal_channel(const Pieces& pieces, double beta, double tolerance);

}  // namespace elbow
