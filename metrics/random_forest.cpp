#include "metrics/random_forest.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The sums S_k of a target over some rows, one for each class (of numbers one), and sum_k S_k^2. Of n rows, the variance times n
/// is the sum of the squared values, which no split changes, less square / n. So a split is the better the larger
/// square / n of both sides is.
struct RandomForest::Sums {
  std::vector<double> of_class;
  double square = 0, rows = 0;

  explicit Sums(size_t classes) : of_class(classes, 0.0) {}
  /// Puts `times` rows of that class and value in, or takes them out where it is negative.
  void add(size_t group, double value, double times) {
    const double change = times * value;
    square += change * (2 * of_class[group] + change);
    of_class[group] += change;
    rows += times;
  }
  double merit() const { return square / rows; }
};

/// The inputs as the growing of trees reads them: column by column, and the rows sorted by each of them.
struct RandomForest::SortedInputs {
  std::vector<std::vector<double>> columns;  // [inputs][rows]
  std::vector<std::vector<int32_t>> sorted;  // [inputs][rows]; for no inputs one list, in any order

  explicit SortedInputs(const Matrix& inputs) {
    for (int64_t c = 0; c < std::max<int64_t>(1, inputs.cols); ++c) {
      auto& column = columns.emplace_back();
      for (int64_t r = 0; r < inputs.rows; ++r) column.push_back(inputs.cols > 0 ? inputs(r, c) : 0);
      auto& rows = sorted.emplace_back(size_t(inputs.rows));
      std::iota(rows.begin(), rows.end(), 0);
      std::ranges::stable_sort(rows, {}, [&](int32_t r) { return column[size_t(r)]; });
    }
  }
};

/// Grows one tree. A row that was drawn several times counts so often. For each input it keeps the drawn rows sorted by that input; a
/// node is the same range of all these lists.
class RandomForest::Grower {
 public:
  Grower(const SortedInputs& inputs, const ForestTarget& target, const RandomKey& key, int64_t least_leaf)
      : inputs_(inputs),
        classes_(size_t(std::max<int64_t>(1, target.classes))),
        least_leaf_(std::max<int64_t>(1, least_leaf)) {
    const size_t n = target.values.size();
    times_.assign(n, 0.0);
    RandomBits bits(key);
    for (size_t i = 0; i < n; ++i) ++times_[bits.below(uint32_t(n))];
    // Centred, so that the squares of large numbers do not swallow small differences.
    if (target.classes == 0)
      offset_ = std::accumulate(target.values.begin(), target.values.end(), 0.0) / double(n);
    for (const double value : target.values) {
      group_.push_back(target.classes > 0 ? uint32_t(value) : 0);
      value_.push_back(target.classes > 0 ? 1 : value - offset_);
    }
    for (const auto& rows : inputs.sorted) {
      auto& drawn = sorted_.emplace_back();
      for (const int32_t r : rows)
        if (times_[size_t(r)] > 0) drawn.push_back(r);
    }
    goes_left_.assign(n, 0);
  }

  Tree grow() {
    tree_.importances.assign(sorted_.size(), 0.0);
    struct Task {
      int64_t node, begin, end;
    };
    tree_.nodes.emplace_back();
    std::vector<Task> tasks{{0, 0, int64_t(sorted_[0].size())}};
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

  Sums sums_of(int64_t begin, int64_t end) const {
    Sums sums(classes_);
    for (int64_t i = begin; i < end; ++i) {
      const auto row = size_t(sorted_[0][size_t(i)]);
      sums.add(group_[row], value_[row], times_[row]);
    }
    return sums;
  }

  /// The split that lowers the variance most, the first of equals; none where nothing lowers it.
  Split best_split(int64_t begin, int64_t end, const Sums& all) const {
    double squares = 0;
    for (int64_t i = begin; i < end; ++i) {
      const auto row = size_t(sorted_[0][size_t(i)]);
      squares += times_[row] * value_[row] * value_[row];
    }
    Split best;
    best.gain = 1e-12 * squares;  // below that it is rounding
    if (end - begin < 2 * least_leaf_ || squares - all.merit() <= best.gain) return best;
    for (size_t input = 0; input < sorted_.size(); ++input) {
      const auto& rows = sorted_[input];
      const auto& column = inputs_.columns[input];
      Sums left(classes_), right = all;
      for (int64_t i = begin; i < end - least_leaf_; ++i) {
        const auto row = size_t(rows[size_t(i)]);
        left.add(group_[row], value_[row], times_[row]);
        right.add(group_[row], value_[row], -times_[row]);
        const double here = column[row], next = column[size_t(rows[size_t(i) + 1])];
        if (i + 1 - begin < least_leaf_ || !(here < next)) continue;
        const double gain = left.merit() + right.merit() - all.merit();
        if (gain > best.gain) best = {int64_t(input), threshold_between(here, next), gain};
      }
    }
    return best;
  }

  /// The middle, which rounding must not make the upper one.
  static double threshold_between(double low, double high) {
    const double middle = low + (high - low) / 2;
    return middle < high ? middle : low;
  }

  /// Puts the rows that go left first, in every list, in their order. Returns where those that go right begin.
  int64_t divide(int64_t begin, int64_t end, const Split& split) {
    const auto& column = inputs_.columns[size_t(split.input)];
    for (int64_t i = begin; i < end; ++i) {
      const auto row = size_t(sorted_[0][size_t(i)]);
      goes_left_[row] = column[row] <= split.threshold;
    }
    int64_t middle = begin;
    for (auto& rows : sorted_) {
      moved_.clear();
      middle = begin;
      for (int64_t i = begin; i < end; ++i) {
        const int32_t row = rows[size_t(i)];
        if (goes_left_[size_t(row)])
          rows[size_t(middle++)] = row;
        else
          moved_.push_back(row);
      }
      std::copy(moved_.begin(), moved_.end(), rows.begin() + middle);
    }
    return middle;
  }

  void make_leaf(Node& node, const Sums& sums) {
    node.left = int64_t(tree_.values.size());
    for (const double s : sums.of_class) tree_.values.push_back(s / sums.rows + offset_);
  }

  const SortedInputs& inputs_;
  size_t classes_;
  int64_t least_leaf_;
  double offset_ = 0;
  std::vector<double> times_;                 // [rows]: how often each was drawn
  std::vector<uint32_t> group_;               // [rows]: the class
  std::vector<double> value_;                 // [rows]
  std::vector<std::vector<int32_t>> sorted_;  // for each input the drawn rows
  std::vector<uint8_t> goes_left_;            // [rows]
  std::vector<int32_t> moved_;
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
  const SortedInputs sorted(inputs);
  trees_.resize(size_t(settings.trees));
  parallel_tasks(settings.trees, [&](int64_t t) {
    const RandomKey own{key.seed, key.stream, key.step + uint64_t(t)};
    trees_[size_t(t)] = Grower(sorted, target, own, settings.least_leaf).grow();
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
    const double expected = target.values[r], found = predict(inputs.values.data() + r * size_t(inputs.cols));
    error += (found - expected) * (found - expected);
    variance += (expected - mean) * (expected - mean);
    right += found == expected ? 1 : 0;
  }
  if (classes_ > 0) return right / double(n);
  return variance > 0 ? 1 - error / variance : no_number;
}

}  // namespace elbow
