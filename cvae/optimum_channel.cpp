// The rate-distortion function of a distribution in pieces (Blahut 1972; Csiszar 1974). docs/optimum.md, "Curves".
#include "cvae/optimum_channel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/error.hpp"

namespace elbow {
namespace {

double squared_distance(const double* a, const double* b, std::int64_t d) {
  double sum = 0;
  for (std::int64_t i = 0; i < d; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// The probabilities [k] of the reconstructions for a row x, and the row's loss.
double posterior(const OptimalChannel& c, const double* x, std::vector<double>& p) {
  const std::size_t k = c.probabilities.size();
  p.resize(k);
  double highest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::size_t j = 0; j < k; ++j) {
    p[j] = std::log(c.probabilities[j]) -
           squared_distance(x, &c.reconstructions[j * std::size_t(c.dimensions)], c.dimensions) / c.beta;
    highest = std::max(highest, p[j]);
  }
  for (double& value : p) sum += value = std::exp(value - highest);
  for (double& value : p) value /= sum;
  return -c.beta * (highest + std::log(sum));
}

/// One step of EM: each reconstruction becomes the mean of the rows that use it, its probability their share. Returns the loss
/// before the step.
double em_step(const Pieces& pieces, OptimalChannel& c, std::vector<double>& p) {
  const std::size_t k = c.probabilities.size(), d = std::size_t(c.dimensions);
  std::vector<double> shares(k, 0.0), sums(k * d, 0.0);
  double loss = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    loss += pieces.weights[i] * posterior(c, pieces.mean(i), p);
    for (std::size_t j = 0; j < k; ++j) {
      const double share = pieces.weights[i] * p[j];
      shares[j] += share;
      for (std::size_t a = 0; a < d; ++a) sums[j * d + a] += share * pieces.mean(i)[a];
    }
  }
  constexpr double unused = 1e-13;
  c.probabilities.clear(), c.reconstructions.clear();
  double total = 0;
  for (std::size_t j = 0; j < k; ++j) {
    if (shares[j] < unused) continue;
    total += shares[j];
    c.probabilities.push_back(shares[j]);
    for (std::size_t a = 0; a < d; ++a) c.reconstructions.push_back(sums[j * d + a] / shares[j]);
  }
  for (double& q : c.probabilities) q /= total;
  return loss;
}

/// Reconstructions that have all but met become one, at their mean.
void merge_close(OptimalChannel& c) {
  constexpr double close = 1e-7;  // of beta: together they cost that share of beta at most
  const std::size_t d = std::size_t(c.dimensions);
  std::size_t kept = 0;
  for (std::size_t j = 0; j < c.probabilities.size(); ++j) {
    const double* y = &c.reconstructions[j * d];
    std::size_t same = 0;
    while (same < kept && squared_distance(y, &c.reconstructions[same * d], c.dimensions) > close * c.beta)
      ++same;
    if (same < kept) {
      const double share = c.probabilities[j] / (c.probabilities[j] + c.probabilities[same]);
      for (std::size_t a = 0; a < d; ++a)
        c.reconstructions[same * d + a] += share * (y[a] - c.reconstructions[same * d + a]);
      c.probabilities[same] += c.probabilities[j];
    } else {
      std::copy_n(y, d, &c.reconstructions[kept * d]);
      c.probabilities[kept++] = c.probabilities[j];
    }
  }
  c.probabilities.resize(kept), c.reconstructions.resize(kept * d);
}

/// A reconstruction amid each group of consecutive pieces, near enough to the next for the noise of variance beta/2.
OptimalChannel first_guess(const Pieces& pieces, double beta) {
  OptimalChannel c{pieces.dimensions, beta, {}, {}, {}, 0};
  std::size_t count = pieces.size();
  if (!pieces.widths.empty()) {
    double length = 0;
    for (const double width : pieces.widths) length += width;
    count = std::min(count, std::size_t(std::clamp(length / (0.5 * std::sqrt(beta)), 24.0, 512.0)));
  }
  for (std::size_t j = 0; j < count; ++j) {
    const std::size_t begin = j * pieces.size() / count, end = (j + 1) * pieces.size() / count;
    double weight = 0;
    for (std::size_t i = begin; i < end; ++i) weight += pieces.weights[i];
    c.probabilities.push_back(weight);
    const double* middle = pieces.mean((begin + end) / 2);
    c.reconstructions.insert(c.reconstructions.end(), middle, middle + pieces.dimensions);
  }
  return c;
}

/// Exponentials that the search for reconstructions, and that for the maximum, may take each: about half a second.
constexpr double most_work = 5e7;

/// The dual constraint: ln C(y), with C(y) = E exp((f(x) - |x - y|^2) / beta), which is 1 at most where the channel is
/// optimal. Pieces that are no points enter with an upper bound of their mean (Hoeffding's lemma).
class Constraint {
 public:
  Constraint(const Pieces& pieces, const OptimalChannel& c) : pieces_(pieces), beta_(c.beta) {
    const std::size_t d = std::size_t(c.dimensions);
    std::vector<double> p;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      logs_.push_back(std::log(pieces.weights[i]) + posterior(c, pieces.mean(i), p) / beta_);
      if (pieces.widths.empty()) continue;
      spread_.push_back(pieces.widths[i] * pieces.widths[i] / (2 * beta_ * beta_));
      for (std::size_t a = 0; a < d; ++a) {
        double mean = 0;
        for (std::size_t j = 0; j < p.size(); ++j) mean += p[j] * c.reconstructions[j * d + a];
        reconstructed_.push_back(mean);
      }
    }
  }

  double operator()(const double* y) const {
    double sum = 0;
    for (std::size_t i = 0; i < logs_.size(); ++i) sum += std::exp(exponent(i, y));
    if (sum > 1e-290) return std::log(sum);  // also infinite: then nothing is certified
    // Far from all pieces: the exponentials are too small for a double, and their logarithm still counts.
    double highest = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < logs_.size(); ++i) highest = std::max(highest, exponent(i, y));
    return highest + std::log(double(logs_.size()));
  }

 private:
  double exponent(std::size_t i, const double* y) const {
    const std::int64_t d = pieces_.dimensions;
    const double near = logs_[i] - squared_distance(pieces_.mean(i), y, d) / beta_;
    if (spread_.empty()) return near;
    return near + spread_[i] * squared_distance(&reconstructed_[i * std::size_t(d)], y, d);
  }

  const Pieces& pieces_;
  double beta_;
  std::vector<double> logs_, spread_, reconstructed_;  // [n], [n], [n, d]
};

/// What a search of the box found: the point with the highest ln C, and an upper bound over the whole box.
struct Highest {
  std::vector<double> y;
  double value = -std::numeric_limits<double>::infinity(), bound = value;
};

/// Branch and bound on a grid that is refined where the maximum may be. ln C + |y|^2 / beta is convex (a sum of exponentials of
/// convex functions), so within a cell ln C is at most its highest corner plus (sum of squared edges) / (4 beta).
class Search {
 public:
  Search(const Pieces& pieces, const Constraint& constraint, double beta, double resolution)
      : d_(std::size_t(pieces.dimensions)), constraint_(constraint), beta_(beta) {
    std::vector<double> high(d_, -std::numeric_limits<double>::infinity());
    low_.assign(d_, std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < pieces.size(); ++i) {  // the means stand for points up to a width away
      const double margin = pieces.widths.empty() ? 0 : pieces.widths[i];
      for (std::size_t a = 0; a < d_; ++a) {
        low_[a] = std::min(low_[a], pieces.mean(i)[a] - margin);
        high[a] = std::max(high[a], pieces.mean(i)[a] + margin);
      }
    }
    double squares = 0;
    for (std::size_t a = 0; a < d_; ++a)
      edge_.push_back((high[a] - low_[a]) / first_cells), squares += edge_[a] * edge_[a];
    while (levels_ < 16 && squares / (4 * std::pow(4.0, levels_)) > resolution) ++levels_;
    std::vector<Cell> cells(1, Cell(d_, 0));
    for (std::size_t a = 0; a < d_; ++a) split(cells, a, first_cells);
    for (int level = 0; !cells.empty(); ++level) {
      const std::uint64_t stride = std::uint64_t{1} << (levels_ - level);
      const double allowance = squares / std::pow(4.0, level) / (4 * beta_);
      std::vector<double> corners;
      for (const Cell& cell : cells) corners.push_back(highest_corner(cell, stride));
      std::vector<Cell> open;
      const bool last = level == levels_ || double(values_.size() * pieces.size()) > most_work;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const double bound = corners[i] + allowance;
        if (last || bound <= highest_.value + resolution / beta_)
          highest_.bound = std::max(highest_.bound, bound);
        else
          open.push_back(cells[i]);
      }
      for (std::size_t a = 0; a < d_; ++a) split(open, a, 2);
      cells = std::move(open);
    }
  }
  const Highest& found() const { return highest_; }

 private:
  using Cell = std::vector<std::uint64_t>;  // its place among those of its level
  static constexpr std::uint64_t first_cells = 8;

  static void split(std::vector<Cell>& cells, std::size_t axis, std::uint64_t parts) {
    std::vector<Cell> parted;
    for (const Cell& cell : cells)
      for (std::uint64_t i = 0; i < parts; ++i)
        parted.push_back(cell), parted.back()[axis] = parts * cell[axis] + i;
    cells = std::move(parted);
  }
  double highest_corner(const Cell& cell, std::uint64_t stride) {
    double highest = -std::numeric_limits<double>::infinity();
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << d_; ++bits) {
      std::uint64_t key = 0;
      std::vector<double> y(d_);
      for (std::size_t a = 0; a < d_; ++a) {
        const std::uint64_t place = (cell[a] + (bits >> a & 1)) * stride;  // on the finest grid
        key = key << 21 | place;
        y[a] = low_[a] + edge_[a] * std::ldexp(double(place), -levels_);
      }
      const auto [at, fresh] = values_.try_emplace(key, 0.0);
      if (fresh) at->second = constraint_(y.data());
      highest = std::max(highest, at->second);
      if (at->second > highest_.value) highest_.value = at->second, highest_.y = y;
    }
    return highest;
  }

  std::size_t d_;
  const Constraint& constraint_;
  double beta_;
  std::vector<double> low_, edge_;  // of the box; of a cell of the first level
  int levels_ = 0;
  std::unordered_map<std::uint64_t, double> values_;  // ln C at the corners
  Highest highest_;
};

void check_pieces(const Pieces& pieces, double beta, double tolerance) {
  const std::size_t n = pieces.size();
  const auto fits = [n](const std::vector<double>& of) { return of.empty() || of.size() == n; };
  if (n == 0 || pieces.dimensions < 1 || pieces.dimensions > 3 ||
      pieces.means.size() != n * std::size_t(pieces.dimensions) || !fits(pieces.variances) ||
      !fits(pieces.widths))
    fail("channel", "the pieces need a mean in 1 to 3 dimensions and a weight each");
  if (!(std::isfinite(beta) && beta > 0)) fail("channel", "beta is ", beta, "; it must be finite and above 0");
  if (!(tolerance > 0)) fail("channel", "the tolerance is ", tolerance, "; it must be above 0");
}

}  // namespace

LossTerms<double> OptimalChannel::at(const double* x) const {
  std::vector<double> p;
  LossTerms<double> row;
  row.loss = posterior(*this, x, p);
  for (std::size_t j = 0; j < p.size(); ++j)
    row.distortion += p[j] * squared_distance(x, &reconstructions[j * std::size_t(dimensions)], dimensions);
  row.kl = std::max(0.0, (row.loss - row.distortion) / beta);
  return row;
}

OptimalChannel optimal_channel(const Pieces& pieces, double beta, double tolerance) {
  check_pieces(pieces, beta, tolerance);
  constexpr int most_rounds = 10, most_blocks = 60, steps = 25;
  OptimalChannel c = first_guess(pieces, beta);
  std::vector<double> p;
  double work = 0;
  double last_round = std::numeric_limits<double>::infinity();
  for (int round = 0; round < most_rounds; ++round) {
    double before = em_step(pieces, c, p);
    for (int block = 0; block < most_blocks; ++block) {  // until it is as good as still
      double loss = 0;
      work += steps * double(pieces.size()) * double(c.probabilities.size());
      for (int s = 0; s < steps; ++s) loss = em_step(pieces, c, p);
      merge_close(c);
      if (before - loss < 0.01 * tolerance || work > most_work) break;
      before = loss;
    }
    const Highest highest = Search(pieces, Constraint(pieces, c), beta, tolerance / 4).found();
    c.gap = std::max(0.0, beta * highest.bound);
    const bool stalled =
        last_round - before < 0.05 * tolerance;  // what is left of the gap is due to wide pieces
    if (c.gap <= tolerance || stalled || work > most_work || round + 1 == most_rounds) break;
    last_round = before;
    // A reconstruction at the point where the constraint is violated most lowers the loss.
    constexpr double share = 0.01;
    for (double& q : c.probabilities) q *= 1 - share;
    c.probabilities.push_back(share);
    c.reconstructions.insert(c.reconstructions.end(), highest.y.begin(), highest.y.end());
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const LossTerms<double> row = c.at(pieces.mean(i));
    const double within = pieces.variances.empty() ? 0 : pieces.variances[i];
    c.mean.loss += pieces.weights[i] * (row.loss + within);
    c.mean.distortion += pieces.weights[i] * (row.distortion + within);
    c.mean.kl += pieces.weights[i] * row.kl;
  }
  c.gap = std::min(c.gap, c.mean.loss);  // no loss is below 0
  return c;
}

}  // namespace elbow
