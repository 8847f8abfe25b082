#include <algorithm>
#include <iomanip>
#include <ostream>

#include "base/stopwatch.hpp"
#include "experiments/bench/bench.hpp"

namespace elbow {

void bench_ranks(const Ranks& ranks, bool json, std::ostream& out) {
  constexpr int64_t most = 1 << 23;
  std::vector<float> own(size_t(most), 0), total(size_t(most), 0);
  float* const part = own.data();
  const std::span<float* const> parts(&part, 1);
  const bool tells = ranks.rank() == 0;
  if (tells && !json) out << "     bytes       sum  exchange   (us, " << ranks.size() << " ranks)\n";
  for (int64_t n = 1; n <= most; n *= 8) {
    const auto least_us = [&](const auto& f) {
      double least = 1e30;  // of samples: what else the machine does only adds to it
      const int64_t repeats = std::clamp<int64_t>((1 << 20) / n, 1, 200);
      for (int sample = 0; sample < 30; ++sample) {
        const Stopwatch watch;
        for (int64_t r = 0; r < repeats; ++r) f();
        least = std::min(least, watch.seconds() / double(repeats));
      }
      return least * 1e6;
    };
    const double sum = least_us([&] { ranks.sum(parts, ranks.size(), total.data(), n); });
    const double exchange = least_us([&] {  // all is written anew each time, as in a training: zeros stay zeros
      ranks.sum_range(parts, ranks.size(), part, n);
      ranks.gather(part, n, [](Ranks::Range) {});
    });
    if (!tells) continue;
    if (json)
      out << "{\"ranks\": " << ranks.size() << ", \"bytes\": " << 4 * n << ", \"sum_us\": " << sum
          << ", \"exchange_us\": " << exchange << "}\n";
    else
      out << std::setprecision(4) << std::setw(10) << 4 * n << std::setw(10) << sum << std::setw(10) << exchange
          << '\n';
  }
}

}  // namespace elbow
