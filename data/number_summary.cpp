#include "data/number_summary.hpp"

#include <algorithm>
#include <cmath>

namespace elbow {

void NumberSummary::add(double value) {
  constexpr size_t most_kept = 8192;
  if (count_++ % every_ == 0) sample_.push_back(value);
  if (sample_.size() == most_kept) {  // from now on half as often
    for (size_t i = 0; 2 * i < sample_.size(); ++i) sample_[i] = sample_[2 * i];
    sample_.resize(most_kept / 2);
    every_ *= 2;
  }
  whole_ = whole_ && value == std::floor(value);
  const auto see = [value](End& end, auto further) {
    if (value == end.value) {
      ++end.rows;
    } else if (further(value, end.value)) {
      end = {value, end.value, 1};
    } else if (further(value, end.next)) {
      end.next = value;
    }
  };
  see(low_, std::less<>());
  see(high_, std::greater<>());
}

std::vector<NumberSummary::Outlier> NumberSummary::outliers() const {
  if (sample_.size() < 8) return {};
  std::vector<double> sorted = sample_;
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double q) { return sorted[size_t(q * double(sorted.size() - 1))]; };
  const double median = quantile(0.5), spread = (quantile(0.75) - quantile(0.25)) / 1.349;
  std::vector<Outlier> found;
  for (const End& end : {low_, high_}) {
    const double distance = std::abs(end.value - median);
    if (spread > 0 && distance > 10 * spread && std::abs(end.next - median) < 0.1 * distance)
      found.push_back({end.value, end.rows});
  }
  return found;
}

}  // namespace elbow
