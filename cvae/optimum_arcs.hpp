#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "cvae/known_optimum.hpp"
#include "cvae/optimum_channel.hpp"

namespace elbow {

/// A value that is computed when it is first asked for, once.
template <class T> class OnDemand {
 public:
  template <class Make> const T& get(const Make& make) const {
    std::call_once(once_, [&] { value_.emplace(make()); });
    return *value_;
  }

 private:
  mutable std::once_flag once_;
  mutable std::optional<T> value_;
};

/// How near the optimum of a set on arcs is computed, in nats: small betas have small losses.
double arc_tolerance(double beta);

/// The mean and the certified gap of a channel.
AverageOptimum average_of(const OptimalChannel& channel);

/// The angle from which coordinate `axis` of a point on a circle is a cosine: cos(t) and sin(t) = cos(t - pi/2).
double arc_phase(int axis);

/// One coordinate of a point on arcs when the other is given: which points of the arcs that leaves, and the best that can be
/// done with them. A table over the given value.
class ConditionalArcs {
 public:
  /// `axis`: which coordinate of the plane is given, 0 or 1.
  ConditionalArcs(const std::vector<Arc>& arcs, int axis, double beta);

  /// Averaged over the given value; `gap` includes an estimate of the error of that average.
  const AverageOptimum& mean() const { return mean_; }
  /// The optimal loss of a row whose given coordinate is `given` and whose other is `withheld`.
  LossTerms<double> row(double given, double withheld) const;

 private:
  // A point with the given coordinate: that of an arc at the angle phase + sign * acos(...).
  struct Branch {
    std::size_t arc;
    int sign;
  };
  // An interval of given values with the same branches, and the losses at its nodes.
  struct Segment {
    double low, high;
    std::vector<Branch> branches = {};
    std::vector<LossTerms<double>> losses = {};  // [nodes, branches]
    double value(double place) const;            // at a node's number, which may be between two
    double place(double value) const;
  };
  struct Node {
    double density = 0;                          // of the given value
    std::vector<LossTerms<double>> losses = {};  // [branches]
    AverageOptimum optimum = {};
  };
  std::vector<Segment> segments() const;
  Node node(const Segment& segment, double given) const;
  double other(const Branch& branch, double given) const;

  std::vector<Arc> arcs_;
  int axis_;
  double beta_;
  std::vector<Segment> segments_;
  AverageOptimum mean_;
};

/// The optimum of a set whose rows lie on arcs, for the loss squared error + beta KL (docs/optimum.md, "Curves"). It has no
/// active latents and no KL per latent: which latents use the information is left open. Computed when first asked for.
class ArcOptimum : public KnownOptimum {
 public:
  /// Error if an arc has no length, beta is not above 0, or the columns are not numbered 0, 1, ....
  ArcOptimum(ArcDistribution distribution, double beta);

  /// The least beta for which the gap is below about a percent; the search takes seconds there.
  static double least_beta(const ArcDistribution& distribution);

  std::int64_t columns() const override { return std::int64_t(distribution_.others.size()) + 2; }
  double beta() const override { return beta_; }
  std::vector<LossTerms<double>> optimal_rows(const float* x, const float* mask, std::int64_t rows,
                                              const float* observed = nullptr) const override;

 private:
  AverageOptimum weighted_mean(const WeightedPatterns& patterns) const override;
  const OptimalChannel& whole() const;          // nothing given: both coordinates of the plane
  const OptimalChannel& alone(int axis) const;  // one coordinate, where the other is missing
  const ConditionalArcs& given(int axis) const;
  const OptimalChannel& uniform(std::size_t other) const;

  ArcDistribution distribution_;
  double beta_;
  OnDemand<OptimalChannel> whole_;
  std::array<OnDemand<OptimalChannel>, 2> alone_;
  std::array<OnDemand<ConditionalArcs>, 2> given_;
  std::vector<OnDemand<OptimalChannel>> uniform_;
};

}  // namespace elbow
