// Solutions of the exercises of chapter 6.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "06-noise.hpp"
#include "tour.hpp"

// 1. Lemire's way (2019): the high half of word * bound is below the bound. Words whose low half is small would favour some
// numbers; they are drawn again. Here with words of 16 bits, so that all of them can be tried.
inline bool accepted(uint32_t word16, uint32_t bound, uint32_t& number) {
  const uint32_t product = word16 * bound, low = product & 0xffff;
  number = product >> 16;
  return low >= 65536 % bound;
}

inline void below() {
  for (const uint32_t bound : {3u, 10u, 1000u, 40000u}) {
    std::vector<int> counts(bound);
    for (uint32_t w = 0; w < 65536; ++w) {
      uint32_t number = 0;
      if (accepted(w, bound, number)) ++counts[number];
    }
    const auto [fewest, most] = std::minmax_element(counts.begin(), counts.end());
    tour::check("1. words for each number below " + std::to_string(bound),
                *fewest == *most && *most == int(65536 / bound));
  }
}

// 2. The order of an epoch, by Fisher and Yates.
inline std::vector<int> order(int n, uint64_t seed, uint32_t epoch) {
  std::vector<int> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  for (int left = n; left > 1; --left)
    std::swap(rows[size_t(left - 1)], rows[size_t(uniform({seed, 5, epoch}, uint64_t(left)) * left)]);
  return rows;
}

inline void shuffles() {
  const int epochs = 60'000;
  std::map<std::vector<int>, int> counts;
  for (int e = 0; e < epochs; ++e) ++counts[order(3, 1, uint32_t(e))];
  tour::check("2. orders of three", double(counts.size()), 6);
  double worst = 0;
  for (const auto& [rows, count] : counts) worst = std::max(worst, std::abs(count / (epochs / 6.) - 1));
  const double error = std::sqrt(5. / epochs);  // of a share of 1/6, relative to it
  tour::check("2. the worst share is off by less than four standard errors", worst < 4 * error);
}

// 3. The mask of dropout is drawn again on the way back. Between the two, 16 bytes are kept.
inline double kept(const Key& key, uint64_t i, double p) { return uniform(key, i) < p ? 0 : 1 / (1 - p); }

inline void dropout() {
  const Key key = {1, 8, 42};
  const uint64_t n = 10'000;
  const double p = 0.3;
  std::vector<double> y, dx;
  for (uint64_t i = 0; i < n; ++i) y.push_back(std::sin(double(i)) * kept(key, i, p));
  for (uint64_t i = n; i-- > 0;) dx.push_back(kept(key, i, p));  // the gradient of the sum, in another order
  std::reverse(dx.begin(), dx.end());
  double worst = 0, mean = 0;
  for (uint64_t i = 0; i < n; ++i) {
    worst = std::max(worst, std::abs(y[i] - dx[i] * std::sin(double(i))));
    mean += dx[i] / double(n);
  }
  tour::check("3. y = dx * x, off by", worst, 0, 1e-15);
  tour::check("3. the mean of the mask", mean, 1, 4 * std::sqrt(p / (1 - p) / double(n)));
  tour::check("3. bytes kept", double(sizeof(Key)), 16);
}

int main() {
  below();
  shuffles();
  dropout();
  return tour::failures;
}
