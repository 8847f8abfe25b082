#include "metrics/random_forest.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "metrics/results.hpp"

namespace elbow {
namespace {

/// The sums S_k of a target over some rows, one for each class (of numbers one), and sum_k S_k^2. Of n rows, the variance times n
/// is the sum of the squared values, which no split changes, less square / n. So a split is the better the larger
/// square / n of both sides is.
struct Sums {
  std::vector<double> of_class;
  double square = 0, rows = 0;

  explicit Sums(size_t classes) : of_class(classes, 0.0) {}
  /// Puts a row in (sign 1) or takes it out (-1).
  void add(size_t group, double value, double sign) {
    square += value * (2 * sign * of_class[group] + value);
    of_class[group] += sign * value;
    rows += sign;
  }
  double merit() const { return square / rows; }
};

}  // namespace

/// Grows one tree. Its rows are the places 0..n-1 of a sample drawn with replacement. For each input it keeps the places sorted by
/// that input; a node is the same range of all these lists.
class RandomForest::Grower {
 public:
  Grower(const Matrix& inputs, const ForestTarget& target, const RandomKey& key, int64_t least_leaf)
      : inputs_(inputs), classes_(target.classes), least_leaf_(std::max<int64_t>(1, least_leaf)) {
    const auto n = size_t(inputs.rows);
    RandomBits bits(key);
    for (size_t i = 0; i < n; ++i) sample_.push_back(bits.below(uint32_t(n)));
    // Centred, so that the squares of large numbers do not swallow small differences.
    const double centre =
        classes_ > 0 ? 0 : std::accumulate(target.values.begin(), target.values.end(), 0.0) / double(n);
    offset_ = centre;
    for (const int64_t row : sample_) {
      const double value = target.values[size_t(row)];
      group_.push_back(classes_ > 0 ? size_t(value) : 0);
      value_.push_back(classes_ > 0 ? 1 : value - centre);
    }
    for (int64_t c = 0; c < inputs.cols; ++c) {
      auto& places = sorted_.emplace_back(n);
      std::iota(places.begin(), places.end(), 0);
      std::stable_sort(places.begin(), places.end(), [&](int64_t a, int64_t b) { return at(a, c) < at(b, c); });
    }
    if (sorted_.empty()) {  // no inputs: one leaf
      sorted_.emplace_back(n);
      std::iota(sorted_[0].begin(), sorted_[0].end(), 0);
    }
  }

  Tree grow() {
    tree_.importances.assign(size_t(inputs_.cols), 0.0);
    struct Task {
      int64_t node, begin, end;
    };
    tree_.nodes.emplace_back();
    std::vector<Task> tasks{{0, 0, int64_t(sample_.size())}};
    while (!tasks.empty()) {
      const Task t = tasks.back();
      tasks.pop_back();
      const Sums all = sums_of(t.begin, t.end);
      const Split split = best_split(t.begin, t.end, all);
      if (split.input < 0) {
        make_leaf(tree_.nodes[size_t(t.node)], all);
        continue;
      }
      const int64_t middle = divide(t.begin, t.end, split), left = int64_t(tree_.nodes.size());
      tree_.nodes[size_t(t.node)] = {split.input, split.threshold, left, left + 1};
      tree_.importances[size_t(split.input)] += split.gain;
      tree_.nodes.resize(tree_.nodes.size() + 2);
      tasks.push_back({left + 1, middle, t.end});
      tasks.push_back({left, t.begin, middle});
    }
    const double total = std::accumulate(tree_.importances.begin(), tree_.importances.end(), 0.0);
    for (double& i : tree_.importances) i = total > 0 ? i / total : 0;
    return std::move(tree_);
  }

 private:
  struct Split {
    int64_t input = -1;
    double threshold = 0, gain = 0;
  };

  double at(int64_t place, int64_t input) const { return inputs_(sample_[size_t(place)], input); }

  Sums sums_of(int64_t begin, int64_t end) const {
    Sums sums(size_t(std::max<int64_t>(1, classes_)));
    for (int64_t i = begin; i < end; ++i) {
      const auto place = size_t(sorted_[0][size_t(i)]);
      sums.add(group_[place], value_[place], 1);
    }
    return sums;
  }

  /// The split that lowers the variance most, the first of equals; none where nothing lowers it.
  Split best_split(int64_t begin, int64_t end, const Sums& all) const {
    double squares = 0;
    for (int64_t i = begin; i < end; ++i) {
      const double v = value_[size_t(sorted_[0][size_t(i)])];
      squares += v * v;
    }
    Split best;
    best.gain = 1e-12 * squares;  // below that it is rounding
    if (end - begin < 2 * least_leaf_ || squares - all.merit() <= best.gain) return best;
    for (int64_t input = 0; input < inputs_.cols; ++input) {
      const auto& places = sorted_[size_t(input)];
      Sums left(all.of_class.size()), right = all;
      for (int64_t i = begin; i + 1 < end; ++i) {
        const auto place = size_t(places[size_t(i)]);
        left.add(group_[place], value_[place], 1);
        right.add(group_[place], value_[place], -1);
        if (i + 1 - begin < least_leaf_) continue;
        if (end - i - 1 < least_leaf_) break;
        const double here = at(int64_t(place), input), next = at(places[size_t(i) + 1], input);
        const double gain = left.merit() + right.merit() - all.merit();
        if (here < next && gain > best.gain) best = {input, threshold_between(here, next), gain};
      }
    }
    return best;
  }

  /// The middle, which rounding must not make the upper one.
  static double threshold_between(double low, double high) {
    const double middle = low + (high - low) / 2;
    return middle < high ? middle : low;
  }

  /// Puts the places that go left first, in every list, in their order. Returns where those that go right begin.
  int64_t divide(int64_t begin, int64_t end, const Split& split) {
    int64_t middle = begin;
    for (auto& places : sorted_) {
      moved_.clear();
      middle = begin;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t place = places[size_t(i)];
        if (at(place, split.input) <= split.threshold)
          places[size_t(middle++)] = place;
        else
          moved_.push_back(place);
      }
      std::copy(moved_.begin(), moved_.end(), places.begin() + middle);
    }
    return middle;
  }

  void make_leaf(Node& node, const Sums& sums) {
    node.left = int64_t(tree_.values.size());
    for (const double s : sums.of_class) tree_.values.push_back(s / sums.rows + offset_);
  }

  const Matrix& inputs_;
  int64_t classes_, least_leaf_;
  double offset_ = 0;
  std::vector<int64_t> sample_;               // the row at each place
  std::vector<size_t> group_;                 // [places]
  std::vector<double> value_;                 // [places]
  std::vector<std::vector<int64_t>> sorted_;  // for each input the places
  std::vector<int64_t> moved_;
  Tree tree_;
};

RandomForest::RandomForest(const Matrix& inputs, const ForestTarget& target, const RandomKey& key,
                           const ForestSettings& settings)
    : classes_(target.classes), importances_(size_t(inputs.cols), 0.0) {
  if (inputs.rows < 1 || int64_t(target.values.size()) != inputs.rows || settings.trees < 1)
    fail("random_forest", "expects rows with a target each and at least one tree, not ", inputs.rows, " rows, ",
         target.values.size(), " targets and ", settings.trees, " trees");
  for (const double v : target.values)
    if (!std::isfinite(v) || (classes_ > 0 && (v < 0 || v >= double(classes_))))
      fail("random_forest", v, " is ", classes_ > 0 ? "no class" : "no number to predict");
  trees_.resize(size_t(settings.trees));
  parallel_tasks(settings.trees, [&](int64_t t) {
    const RandomKey own{key.seed, key.stream, key.step + uint64_t(t)};
    trees_[size_t(t)] = Grower(inputs, target, own, settings.least_leaf).grow();
  });
  for (const Tree& tree : trees_)
    for (size_t i = 0; i < importances_.size(); ++i) importances_[i] += tree.importances[i];
  const double total = std::accumulate(importances_.begin(), importances_.end(), 0.0);
  for (double& i : importances_) i = total > 0 ? i / total : 0;
}

double RandomForest::predict(const double* row) const {
  std::vector<double> sums(size_t(std::max<int64_t>(1, classes_)), 0.0);
  for (const Tree& tree : trees_) {
    const Node* node = tree.nodes.data();
    while (node->input >= 0)
      node = &tree.nodes[size_t(row[node->input] <= node->threshold ? node->left : node->right)];
    for (size_t k = 0; k < sums.size(); ++k) sums[k] += tree.values[size_t(node->left) + k];
  }
  if (classes_ > 0) return double(std::max_element(sums.begin(), sums.end()) - sums.begin());
  return sums[0] / double(trees_.size());
}

double RandomForest::score(const Matrix& inputs, const ForestTarget& target) const {
  const auto n = size_t(inputs.rows);
  if (n == 0 || target.values.size() != n) fail("random_forest", "there are no rows with targets to predict");
  const double mean = std::accumulate(target.values.begin(), target.values.end(), 0.0) / double(n);
  double error = 0, variance = 0, right = 0;
  for (size_t r = 0; r < n; ++r) {
    const double expected = target.values[r], found = predict(&inputs.values[r * size_t(inputs.cols)]);
    error += (found - expected) * (found - expected);
    variance += (expected - mean) * (expected - mean);
    right += found == expected ? 1 : 0;
  }
  if (classes_ > 0) return right / double(n);
  return variance > 0 ? 1 - error / variance : no_number;
}

}  // namespace elbow
