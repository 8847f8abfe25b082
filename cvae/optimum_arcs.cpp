// The optimum of sets on arcs: what is withheld, given the rest, as pieces of arcs or as a few points. docs/optimum.md, "Curves".
#include "cvae/optimum_arcs.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/error.hpp"

namespace elbow {

double arc_tolerance(double beta) { return std::min(1e-4, 1e-2 * beta); }

double arc_phase(int axis) { return axis == 0 ? 0 : std::numbers::pi / 2; }

AverageOptimum average_of(const OptimalChannel& channel) {
  AverageOptimum optimum;
  static_cast<LossTerms<double>&>(optimum) = channel.mean;
  optimum.gap = channel.gap;
  return optimum;
}

namespace {

/// The longest pieces whose width keeps the gap within the tolerance. A piece of width w costs up to about w^2 / 4.
double arc_piece_width(double beta) { return std::sqrt(2 * arc_tolerance(beta)); }

std::int64_t piece_count(double length, double beta, double total) {
  constexpr double most = 4000;  // in all; beyond, the gap is wider
  return std::int64_t(std::ceil(std::min(length / arc_piece_width(beta), most * length / total)));
}

/// The mean of cos^2 between two angles.
double mean_square_cosine(double from, double to) {
  return 0.5 + (std::sin(2 * to) - std::sin(2 * from)) / (4 * (to - from));
}

/// The arcs in short pieces, projected to the coordinates `axes`.
Pieces pieces_of(const std::vector<Arc>& arcs, const std::vector<int>& axes, double beta) {
  double total = 0;
  for (const Arc& arc : arcs) total += arc.radius * (arc.to - arc.from);
  Pieces pieces;
  pieces.dimensions = std::int64_t(axes.size());
  for (const Arc& arc : arcs) {
    const double length = arc.radius * (arc.to - arc.from);
    const std::int64_t count = piece_count(length, beta, total);
    for (std::int64_t i = 0; i < count; ++i) {
      const double step = (arc.to - arc.from) / double(count), from = arc.from + double(i) * step;
      double variance = 0;
      for (const int axis : axes) {
        const double middle = from + step / 2 - arc_phase(axis);
        const double mean = std::cos(middle) * std::sin(step / 2) / (step / 2);
        pieces.means.push_back(arc.center[size_t(axis)] + arc.radius * mean);
        variance += mean_square_cosine(middle - step / 2, middle + step / 2) - mean * mean;
      }
      pieces.weights.push_back(arc.probability / double(count));
      pieces.variances.push_back(arc.radius * arc.radius * std::max(0.0, variance));
      pieces.widths.push_back(arc.radius * step);
    }
  }
  return pieces;
}

Pieces pieces_of(const ArcDistribution::Uniform& column, double beta) {
  Pieces pieces;
  const double length = column.high - column.low;
  const std::int64_t count = piece_count(length, beta, length);
  const double width = length / double(count);
  for (std::int64_t i = 0; i < count; ++i) pieces.means.push_back(column.low + (double(i) + 0.5) * width);
  pieces.weights.assign(std::size_t(count), 1 / double(count));
  pieces.variances.assign(std::size_t(count), width * width / 12);
  pieces.widths.assign(std::size_t(count), width);
  return pieces;
}

void add_row(LossTerms<double>& sum, const LossTerms<double>& part) {
  sum.loss += part.loss, sum.distortion += part.distortion, sum.kl += part.kl;
}

/// A row's pattern on the columns of an arc set: what is withheld, and there, of the plane and of the other columns.
struct ArcCase {
  bool lost[2], given[2];  // of the plane: withheld and there; given
  ArcCase(const Pattern& pattern, const ArcDistribution& distribution, std::int64_t d) {
    for (int axis : {0, 1}) {
      const std::int64_t column = distribution.plane[size_t(axis)];
      given[axis] = pattern[size_t(column)];
      lost[axis] = withheld(pattern, column, d);
    }
  }
  static bool withheld(const Pattern& pattern, std::int64_t column, std::int64_t d) {
    const bool there = std::int64_t(pattern.size()) == d || pattern[size_t(d + column)];
    return there && !pattern[size_t(column)];
  }
};

}  // namespace

ArcOptimum::ArcOptimum(ArcDistribution distribution, double beta)
    : distribution_(std::move(distribution)), beta_(beta), uniform_(distribution_.others.size()) {
  constexpr double turn = 2 * std::numbers::pi;
  double probability = 0;
  for (const Arc& arc : distribution_.arcs) {
    probability += arc.probability;
    if (!(arc.radius > 0 && arc.from < arc.to && arc.to - arc.from < turn * (1 + 1e-12) && arc.probability > 0))
      fail("bound", "an arc of radius ", arc.radius, " from ", arc.from, " to ", arc.to, ", probability ",
           arc.probability);
  }
  if (!(std::abs(probability - 1) < 1e-9))
    fail("bound", "the arcs have the probability ", probability, " in all");
  if (!(std::isfinite(beta) && beta > 0)) fail("bound", "beta is ", beta, "; it must be finite and above 0");
  std::vector<std::int64_t> numbers(distribution_.plane.begin(), distribution_.plane.end());
  for (const auto& [column, low, high] : distribution_.others) {
    numbers.push_back(column);
    if (!(low < high)) fail("bound", "column ", column, " is uniform from ", low, " to ", high);
  }
  std::sort(numbers.begin(), numbers.end());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] != std::int64_t(i)) fail("bound", "column ", i, " has no distribution");
}

double ArcOptimum::least_beta(const ArcDistribution& distribution) {
  double length = 0;
  for (const Arc& arc : distribution.arcs) length += arc.radius * (arc.to - arc.from);
  return 1e-6 * length * length;  // its root is a thousandth of the length
}

const OptimalChannel& ArcOptimum::whole() const {
  return whole_.get([&] {
    return optimal_channel(pieces_of(distribution_.arcs, {0, 1}, beta_), beta_, arc_tolerance(beta_));
  });
}

const OptimalChannel& ArcOptimum::alone(int axis) const {
  return alone_[size_t(axis)].get([&] {
    return optimal_channel(pieces_of(distribution_.arcs, {axis}, beta_), beta_, arc_tolerance(beta_));
  });
}

const ConditionalArcs& ArcOptimum::given(int axis) const {
  return given_[size_t(axis)].get([&] { return ConditionalArcs(distribution_.arcs, axis, beta_); });
}

const OptimalChannel& ArcOptimum::uniform(std::size_t other) const {
  return uniform_[other].get([&] {
    return optimal_channel(pieces_of(distribution_.others[other], beta_), beta_, arc_tolerance(beta_));
  });
}

AverageOptimum ArcOptimum::weighted_mean(const WeightedPatterns& w) const {
  AverageOptimum mean;
  mean.masks = std::int64_t(w.patterns.size());
  std::vector<double> losses;
  for (std::size_t m = 0; m < w.patterns.size(); ++m) {
    const ArcCase part(w.patterns[m], distribution_, columns());
    AverageOptimum sum;
    const auto add = [&](const AverageOptimum& optimum) { sum += optimum, sum.gap += optimum.gap; };
    if (part.lost[0] && part.lost[1]) add(average_of(whole()));
    for (const int axis : {0, 1})
      if (part.lost[axis] && !part.lost[1 - axis])
        add(part.given[1 - axis] ? given(1 - axis).mean() : average_of(alone(axis)));
    for (std::size_t other = 0; other < uniform_.size(); ++other)
      if (ArcCase::withheld(w.patterns[m], distribution_.others[other].column, columns()))
        add(average_of(uniform(other)));
    mean += w.weights[m] * sum;
    mean.gap += w.weights[m] * sum.gap;
    losses.push_back(sum.loss);
  }
  mean.active = no_number;
  mean.loss_stderr = sampling_error(w, losses, mean.loss);
  return mean;
}

std::vector<LossTerms<double>> ArcOptimum::optimal_rows(const float* x, const float* mask, std::int64_t rows,
                                                        const float* observed) const {
  const std::int64_t d = columns();
  std::vector<LossTerms<double>> losses(size_t(std::max<std::int64_t>(rows, 0)));
  Pattern pattern;
  for (std::int64_t r = 0; r < rows; ++r) {
    read_pattern(mask + r * d, observed ? observed + r * d : nullptr, d, r, pattern);
    const ArcCase part(pattern, distribution_, d);
    const double point[2] = {x[r * d + distribution_.plane[0]], x[r * d + distribution_.plane[1]]};
    if (part.lost[0] && part.lost[1]) add_row(losses[size_t(r)], whole().at(point));
    for (const int axis : {0, 1})
      if (part.lost[axis] && !part.lost[1 - axis])
        add_row(losses[size_t(r)], part.given[1 - axis] ? given(1 - axis).row(point[1 - axis], point[axis])
                                                        : alone(axis).at(&point[axis]));
    for (std::size_t other = 0; other < uniform_.size(); ++other)
      if (const std::int64_t column = distribution_.others[other].column;
          ArcCase::withheld(pattern, column, d)) {
        const double value = x[r * d + column];
        add_row(losses[size_t(r)], uniform(other).at(&value));
      }
  }
  return losses;
}

}  // namespace elbow
