#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace elbow {

/// What is known of the numbers of a column after one pass: their range, and whether one of its ends is far from all others.
/// Memory: some thousand numbers.
class NumberSummary {
 public:
  void add(double value);

  int64_t count() const { return count_; }
  double low() const { return low_.value; }    ///< the smallest; infinity where there is none
  double high() const { return high_.value; }  ///< the largest
  bool is_constant() const { return count_ > 0 && low() == high(); }
  bool is_whole() const { return count_ > 0 && whole_; }

  /// An end of the range that looks like a mark of a missing value: more than ten spreads (interquartile ranges / 1.349, as of a
  /// normal distribution) from the median, with the next number less than a tenth of that way.
  struct Outlier {
    double value;
    int64_t rows;  ///< that have it
  };
  std::vector<Outlier> outliers() const;

 private:
  struct End {
    double value, next;  // the next one towards the middle
    int64_t rows = 0;    // that have the value
  };
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  int64_t count_ = 0, every_ = 1;  // one number in every_ is kept in sample_
  bool whole_ = true;
  End low_{infinity, infinity}, high_{-infinity, -infinity};
  std::vector<double> sample_;  // evenly spread
};

}  // namespace elbow
