// One coordinate given of a set on arcs: the few points that are left, value by value. docs/optimum.md, "Curves".
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/parallel.hpp"
#include "cvae/optimum_arcs.hpp"

namespace elbow {
namespace {

/// Nodes in each segment; of every three the middle one makes up a coarser rule, which tells the error.
constexpr std::int64_t segment_nodes = 96;

}  // namespace

// The values are parametrised by an angle, v = middle - cos(theta) * half: where an arc turns back, its density has a pole
// 1 / sqrt(distance to the end), which d v = half * sin(theta) d theta takes away.
double ConditionalArcs::Segment::value(double place) const {
  const double theta = std::numbers::pi * (place + 0.5) / double(segment_nodes);
  return low + (high - low) * (1 - std::cos(theta)) / 2;
}

double ConditionalArcs::Segment::place(double value) const {
  const double cosine = std::clamp(1 - 2 * (value - low) / (high - low), -1.0, 1.0);
  return double(segment_nodes) * std::acos(cosine) / std::numbers::pi - 0.5;
}

double ConditionalArcs::other(const Branch& branch, double given) const {
  const Arc& arc = arcs_[branch.arc];
  const double cosine = std::clamp((given - arc.center[size_t(axis_)]) / arc.radius, -1.0, 1.0);
  const double angle = arc_phase(axis_) + branch.sign * std::acos(cosine);
  return arc.center[size_t(1 - axis_)] + arc.radius * std::cos(angle - arc_phase(1 - axis_));
}

// Between the ends and turning points of all arcs the number of points with a given coordinate does not change.
std::vector<ConditionalArcs::Segment> ConditionalArcs::segments() const {
  constexpr double pi = std::numbers::pi, same = 1e-9;
  std::vector<double> ends;
  for (const Arc& arc : arcs_) {
    const auto at = [&](double angle) {
      ends.push_back(arc.center[size_t(axis_)] + arc.radius * std::cos(angle - arc_phase(axis_)));
    };
    at(arc.from), at(arc.to);
    for (double turn = arc_phase(axis_) - 4 * pi; turn < arc.to; turn += pi)
      if (turn > arc.from) at(turn);
  }
  std::sort(ends.begin(), ends.end());
  std::vector<Segment> found;
  for (std::size_t i = 1; i < ends.size(); ++i) {
    if (ends[i] - ends[i - 1] < same) continue;
    Segment segment{ends[i - 1], ends[i]};
    for (std::size_t a = 0; a < arcs_.size(); ++a) {
      const Arc& arc = arcs_[a];
      const double cosine = ((segment.low + segment.high) / 2 - arc.center[size_t(axis_)]) / arc.radius;
      if (std::abs(cosine) >= 1) continue;
      for (const int sign : {1, -1}) {
        const double angle = arc_phase(axis_) + sign * std::acos(cosine);
        const double turns = std::ceil((arc.from - angle) / (2 * pi));  // the first one behind `from`
        if (angle + 2 * pi * turns < arc.to) segment.branches.push_back({a, sign});
      }
    }
    if (!segment.branches.empty()) found.push_back(std::move(segment));
  }
  return found;
}

ConditionalArcs::Node ConditionalArcs::node(const Segment& segment, double given) const {
  Node node;
  Pieces points;
  for (const Branch& branch : segment.branches) {
    const Arc& arc = arcs_[branch.arc];
    const double cosine = (given - arc.center[size_t(axis_)]) / arc.radius;
    const double speed = arc.radius * std::sqrt(1 - cosine * cosine);  // |d given / d angle|
    points.means.push_back(other(branch, given));
    points.weights.push_back(arc.probability / (arc.to - arc.from) / speed);
    node.density += points.weights.back();
  }
  for (double& weight : points.weights) weight /= node.density;
  const OptimalChannel channel = optimal_channel(points, beta_, arc_tolerance(beta_) / 4);
  for (const double mean : points.means) node.losses.push_back(channel.at(&mean));
  node.optimum = average_of(channel);
  return node;
}

ConditionalArcs::ConditionalArcs(const std::vector<Arc>& arcs, int axis, double beta)
    : arcs_(arcs), axis_(axis), beta_(beta), segments_(segments()) {
  std::vector<Node> nodes(segments_.size() * std::size_t(segment_nodes));
  parallel_tasks(std::int64_t(nodes.size()), [&](std::int64_t i) {
    const Segment& segment = segments_[size_t(i / segment_nodes)];
    nodes[size_t(i)] = node(segment, segment.value(double(i % segment_nodes)));
  });
  double total = 0, coarse_total = 0, coarse_loss = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::int64_t place = std::int64_t(i) % segment_nodes;
    Segment& segment = segments_[i / std::size_t(segment_nodes)];
    segment.losses.insert(segment.losses.end(), nodes[i].losses.begin(), nodes[i].losses.end());
    const double sine = std::sin(std::numbers::pi * (double(place) + 0.5) / double(segment_nodes));
    const double weight = nodes[i].density * (segment.high - segment.low) * sine;
    mean_ += weight * nodes[i].optimum;
    mean_.gap += weight * nodes[i].optimum.gap;
    total += weight;
    if (place % 3 == 1) coarse_total += weight, coarse_loss += weight * nodes[i].optimum.loss;
  }
  const double gap = mean_.gap / total;
  static_cast<Optimum&>(mean_) = (1 / total) * mean_;
  mean_.gap = std::min(mean_.loss, gap + std::abs(mean_.loss - coarse_loss / coarse_total));
}

LossTerms<double> ConditionalArcs::row(double given, double withheld) const {
  const auto beyond = std::find_if(segments_.begin(), segments_.end() - 1,
                                   [&](const Segment& segment) { return given < segment.high; });
  const Segment& segment = *beyond;
  const std::size_t branches = segment.branches.size();
  const double v = std::clamp(given, segment.low, segment.high);
  std::size_t nearest = 0;
  for (std::size_t b = 1; b < branches; ++b)
    if (std::abs(other(segment.branches[b], v) - withheld) <
        std::abs(other(segment.branches[nearest], v) - withheld))
      nearest = b;
  const double place = segment.place(v);
  const std::int64_t left = std::clamp(std::int64_t(std::floor(place)), std::int64_t{0}, segment_nodes - 2);
  const LossTerms<double>& a = segment.losses[size_t(left) * branches + nearest];
  const LossTerms<double>& b = segment.losses[size_t(left + 1) * branches + nearest];
  const double t = place - double(left);
  return {std::lerp(a.loss, b.loss, t), std::lerp(a.distortion, b.distortion, t), std::lerp(a.kl, b.kl, t)};
}

}  // namespace elbow
