#include "metrics/results.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace elbow {

Estimate estimate_of(const std::vector<double>& values) {
  const double n = double(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (double v : values) squares += (v - mean) * (v - mean);
  return {mean, n > 1 ? std::sqrt(squares / (n - 1) / n) : std::nan("")};
}

Estimate share_of(int64_t holds, int64_t rows) {
  const double p = double(holds) / double(rows);
  return {p, std::sqrt(p * (1 - p) / double(rows))};
}

double count_active(const std::vector<double>& kl_per_latent, double active_kl) {
  return double(
      std::count_if(kl_per_latent.begin(), kl_per_latent.end(), [&](double k) { return k > active_kl; }));
}

const CountResult* RunResults::at_count(int64_t given) const {
  const auto found = std::ranges::find(per_count, given, &CountResult::given);
  return found == per_count.end() ? nullptr : &*found;
}

double mean_active(const std::vector<CountResult>& per_count) {
  double sum = 0, rows = 0;
  for (const CountResult& count : per_count)
    if (count.rows > 0) sum += double(count.rows) * count.active, rows += double(count.rows);
  return rows > 0 ? sum / rows : std::nan("");
}

}  // namespace elbow
