#include <algorithm>
#include <iomanip>
#include <ostream>

#include "base/stopwatch.hpp"
#include "experiments/bench/bench.hpp"

namespace elbow {

void bench_ranks(const Ranks& ranks, bool json, std::ostream& out) {
  constexpr int64_t most = 1 << 23;
  std::vector<float> own(size_t(most), 1), total(size_t(most), 0);
  float* const part = own.data();
  const bool tells = ranks.rank() == 0;
  if (tells && !json) out << "     bytes   us, sum over " << ranks.size() << " ranks\n";
  for (int64_t n = 1; n <= most; n *= 8) {
    double least = 1e30;  // of samples: what else the machine does only adds to it
    const int64_t repeats = std::clamp<int64_t>((1 << 20) / n, 1, 200);
    for (int sample = 0; sample < 30; ++sample) {
      const Stopwatch watch;
      for (int64_t r = 0; r < repeats; ++r)
        ranks.sum(std::span<float* const>(&part, 1), ranks.size(), total.data(), n);
      least = std::min(least, watch.seconds() / double(repeats));
    }
    if (!tells) continue;
    if (json)
      out << "{\"ranks\": " << ranks.size() << ", \"bytes\": " << 4 * n << ", \"us\": " << least * 1e6 << "}\n";
    else
      out << std::setw(10) << 4 * n << std::setw(10) << std::setprecision(4) << least * 1e6 << '\n';
  }
}

}  // namespace elbow
