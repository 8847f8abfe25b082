// Chapter 6 of the tour: noise that is a function of a counter, and what it takes for bits to repeat. Needs a C++20 compiler:
//   g++ -std=c++20 -O3 -pthread docs/tour/06-noise.cpp -o noise && ./noise
#include "06-noise.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tour.hpp"

// ---- the bits -------------------------------------------------------------------------------------------------------

inline void show_known_answers() {
  struct Vector {
    Words counter;
    std::array<uint32_t, 2> key;
    Words answer;
  };
  const uint32_t ones = 0xffffffff;
  const Vector vectors[] = {
      // examples/kat_vectors of Random123: philox4x32 10
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{ones, ones, ones, ones}, {ones, ones}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  for (const Vector& v : vectors) {
    const Words w = philox(v.counter, v.key);
    std::printf("%08x %08x %08x %08x %s\n", w[0], w[1], w[2], w[3], w == v.answer ? "as published" : "WRONG");
  }
}

/// How many of the 128 bits change when one bit of the counter is flipped, on average, after so many rounds.
inline double changed_bits(int rounds) {
  const std::array<uint32_t, 2> key = {1, 2};
  int64_t changed = 0, trials = 0;
  for (uint32_t n = 0; n < 200; ++n)
    for (uint32_t bit = 0; bit < 128; ++bit, ++trials) {
      const Words counter = {n, n * n, 3, 4};
      Words flipped = counter;
      flipped[bit / 32] ^= uint32_t{1} << (bit % 32);
      const Words a = philox(counter, key, rounds), b = philox(flipped, key, rounds);
      for (size_t w = 0; w < 4; ++w) changed += std::popcount(a[w] ^ b[w]);
    }
  return double(changed) / double(trials);
}

// ---- the numbers ----------------------------------------------------------------------------------------------------

/// Prints a measured value, what it should be, and the distance in standard errors.
inline void held_against(const char* what, double found, double exact, double error) {
  std::printf("%-16s %9.6f, should be %8.6f: %4.1f standard errors off\n", what, found, exact,
              (found - exact) / error);
}

inline std::vector<double> show_normal_numbers() {
  const uint64_t n = 1 << 20;
  const double root = std::sqrt(double(n));
  std::vector<double> x;
  double mean = 0, square = 0, fourth = 0, next = 0;
  for (uint64_t i = 0; i < n; ++i) x.push_back(normal({1, 2, 3}, i));
  for (uint64_t i = 0; i < n; ++i) {
    mean += x[i] / double(n), square += x[i] * x[i] / double(n), fourth += std::pow(x[i], 4) / double(n);
    next += x[i] * normal({1, 2, 4}, i) / double(n);
  }
  held_against("mean", mean, 0, 1 / root);
  held_against("variance", square, 1, std::sqrt(2.) / root);
  held_against("fourth moment", fourth, 3, std::sqrt(96.) / root);
  for (const int far : {2, 3, 4}) {
    const double p = std::erfc(far / std::sqrt(2.)),
                 beyond =
                     double(std::count_if(x.begin(), x.end(), [&](double v) { return std::abs(v) > far; }));
    held_against(("beyond " + std::to_string(far)).c_str(), beyond / double(n), p,
                 std::sqrt(p * (1 - p)) / root);
  }
  held_against("with next step", next, 0, 1 / root);
  std::sort(x.begin(), x.end());
  double largest = 0;
  for (uint64_t i = 0; i < n; ++i)
    largest = std::fmax(largest, std::abs(std::erfc(-x[i] / std::sqrt(2.)) / 2 - (double(i) + .5) / double(n)));
  std::printf("Kolmogorov and Smirnov: %.2f, above 1.63 in one of a hundred cases\n", largest * root);
  return x;
}

// ---- the same bits --------------------------------------------------------------------------------------------------

/// Calls work(first, last, thread) on parts of 0 .. n-1, one for each thread.
inline void in_threads(int64_t n, int threads, const std::function<void(int64_t, int64_t, int)>& work) {
  std::vector<std::thread> team;
  for (int t = 0; t < threads; ++t) team.emplace_back(work, n * t / threads, n * (t + 1) / threads, t);
  for (std::thread& thread : team) thread.join();
}

inline void show_threads() {
  const int64_t n = 100'000;
  const auto by_place = [&](int threads) {
    std::vector<float> x(n);
    in_threads(n, threads, [&](int64_t first, int64_t last, int) {
      for (int64_t i = last; i-- > first;)
        x[size_t(i)] = float(normal({1, 2, 3}, uint64_t(i)));  // backwards: why not
    });
    return x;
  };
  const auto by_state = [&](int threads) {  // a generator with a state for each thread, as many programs do it
    std::vector<float> x(n);
    in_threads(n, threads, [&](int64_t first, int64_t last, int t) {
      std::mt19937 generator(uint32_t(1 + t));
      for (int64_t i = first; i < last; ++i) x[size_t(i)] = float(generator() * 0x1p-32);
    });
    return x;
  };
  const auto said = [](bool same) { return same ? "the same bits" : "other bits"; };
  std::printf("a counter, 1, 2 and 3 threads: %s\n",
              said(by_place(1) == by_place(2) && by_place(1) == by_place(3)));
  std::printf("a state in each thread: %s\n", said(by_state(1) == by_state(2)));

  const std::vector<float> x = by_place(1);
  const auto sum_of = [&](int64_t first, int64_t last) {
    float sum = 0;
    for (int64_t i = first; i < last; ++i) sum += x[size_t(i)];
    return sum;
  };
  const auto sum_by = [&](int threads, int64_t chunk) {  // chunk 0: each thread sums its part
    const int64_t parts = chunk ? (n + chunk - 1) / chunk : threads;
    std::vector<float> sums(static_cast<size_t>(parts));
    in_threads(parts, threads, [&](int64_t first, int64_t last, int) {
      for (int64_t p = first; p < last; ++p)
        sums[size_t(p)] = chunk ? sum_of(p * chunk, std::min(n, (p + 1) * chunk))
                                : sum_of(n * p / parts, n * (p + 1) / parts);
    });
    float sum = 0;
    for (const float s : sums) sum += s;
    return sum;
  };
  std::printf("a sum, a part for each thread: %s\n",
              said(sum_by(1, 0) == sum_by(2, 0) && sum_by(1, 0) == sum_by(3, 0)));
  std::printf("a sum by chunks of 1024: %s\n",
              said(sum_by(1, 1024) == sum_by(2, 1024) && sum_by(1, 1024) == sum_by(3, 1024)));
}

inline void draw(const std::string& folder, const std::vector<double>& sorted) {
  std::string script = "$a << END\n";
  for (int rounds = 0; rounds <= 10; ++rounds)
    script += std::to_string(rounds) + " " + std::to_string(changed_bits(rounds)) + "\n";
  script += "END\n$h << END\n";
  for (int b = -50; b < 50; ++b) {
    const auto count = std::lower_bound(sorted.begin(), sorted.end(), (b + 1) / 10.) -
                       std::lower_bound(sorted.begin(), sorted.end(), b / 10.);
    if (count)
      script += std::to_string(b / 10. + .05) + " " +
                std::to_string(double(count) * 10 / double(sorted.size())) + "\n";
  }
  tour::draw(folder, "06-noise", 860, 340,
             script +
                 "END\nset multiplot layout 1,2\nset border 3; set tics nomirror; unset key; set grid y lc rgb "
                 "'#dddddd'\n"
                 "set xlabel 'rounds'; set ylabel 'bits of 128 that change'; set yrange [0:80]; set xrange "
                 "[-.3:10.3]; set xtics 2\n"
                 "plot 64 dt 2 lc rgb 'black', $a with linespoints pt 7 lw 2 lc rgb " +
                 tour::blue +
                 "\n"
                 "set xlabel 'x'; set ylabel 'density, logarithmic'; set logscale y; set xrange [-5.2:5.2]; "
                 "set yrange [1e-6:1]\n"
                 "set xtics 2; set format y '10^{%T}'; set samples 400\n"
                 "plot $h with points pt 7 ps .5 lc rgb " +
                 tour::blue + ", exp(-x*x/2)/sqrt(2*pi) lw 1.5 lc rgb " + tour::red + "\nunset multiplot\n");
}

int main(int argc, char** argv) {
  show_known_answers();
  std::printf(
      "one bit flipped, bits of 128 that change after 1, 2, 3, 5, 10 rounds: %.1f %.1f %.1f %.1f %.1f\n",
      changed_bits(1), changed_bits(2), changed_bits(3), changed_bits(5), changed_bits(10));
  const std::vector<double> sorted = show_normal_numbers();
  show_threads();
  if (argc > 1) draw(argv[1], sorted);
  return 0;
}
