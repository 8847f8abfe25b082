// Chapter 5 of the tour: a matrix product from three loops to nearly the peak. Needs a C++20 compiler and nothing else:
//   g++ -std=c++20 -O3 -march=native docs/tour/05-matrix-product.cpp -o product && ./product
#include "05-matrix-product.hpp"

#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "tour.hpp"

/// Seconds of processor time that the work takes, the least of several tries: what other programs take does not count.
template <class F> double seconds(int tries, F work) {
  double least = INFINITY;
  for (int i = 0; i < tries; ++i) {
    const std::clock_t start = std::clock();
    work();
    least = std::fmin(least, double(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return least;
}

/// GFLOP/s of fused multiply-adds that wait for nothing: twelve chains in registers.
inline double measured_peak() {
  constexpr int64_t chains = 12, steps = 200'000;
  Vec sum[chains] = {};
  for (int64_t i = 0; i < chains; ++i) sum[i] += float(i);  // all different, or they would be computed once
  volatile float factor = 0.5f, addend = 1;
  const float x = factor;
  const Vec y = Vec{} + addend;
  const double least = seconds(20, [&] {
    for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 12
      for (int64_t i = 0; i < chains; ++i) sum[i] = x * sum[i] + y;
    }
  });
  float kept = 0;
  for (const Vec& v : sum) kept += v[0];
  volatile const float sink = kept;  // or the compiler would leave it all out
  return sink > 0 ? 2 * double(chains * steps * lanes) / least * 1e-9 : 0;
}

/// Freivalds' check: C x = A (B x), for matrices of small whole numbers, where floats are exact.
inline bool is_product(int64_t n, const std::vector<float>& a, const std::vector<float>& b,
                       const std::vector<float>& c) {
  const auto times = [n](const std::vector<float>& m, const std::vector<double>& x) {
    std::vector<double> y(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) y[size_t(i)] += double(m[size_t(i * n + j)]) * x[size_t(j)];
    return y;
  };
  std::vector<double> x(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) x[size_t(i)] = double(i * i % 101);
  return times(c, x) == times(a, times(b, x));
}

struct Step {
  const char* name;
  void (*multiply)(int64_t, const float*, const float*, float*);
};
inline const Step steps[] = {{"1 three loops", three_loops},       {"2 along rows", along_rows},
                             {"3 four rows at a time", four_rows}, {"4 tiles in registers", tiles},
                             {"5 packed panels", packed_tiles},    {"6 blocks for caches", blocked_tiles}};

/// What part of the peak each step reaches at this size, printed and returned.
inline std::vector<double> run(int64_t n, bool print) {
  std::vector<float> a(size_t(n * n)), b(a), c(a);
  for (int64_t i = 0; i < n * n; ++i) {
    a[size_t(i)] = float(i * 7 % 11 - 5);
    b[size_t(i)] = float(i * 5 % 13 - 6);
  }
  std::vector<double> shares;
  const double work = 2e-9 * double(n * n * n);
  for (const Step& step : steps) {
    // Fast ones are tried more often, and on small matrices many times in one go, as the clock has steps of its own.
    const int at_once = int(1 + 0.01 / work), tries = step.multiply == three_loops ? 1 : 8;
    const double time = seconds(tries, [&] {
      for (int i = 0; i < at_once; ++i) step.multiply(n, a.data(), b.data(), c.data());
    });
    const double rate = work * at_once / time;
    shares.push_back(100 * rate / measured_peak());
    if (print)
      std::printf("%-22s %s %6.1f GFLOP/s, %4.1f%% of the peak (measured)\n", step.name,
                  is_product(n, a, b, c) ? "right" : "WRONG", rate, shares.back());
  }
  return shares;
}

inline void draw_steps(const std::string& folder, const std::string& data) {
  std::string script =
      "$d << END\n" + data +
      "END\nset logscale x 2; set xtics (96,192,384,768,1152); set xrange [90:1230]\n"
      "set yrange [0:105]; set xlabel 'rows and columns of the matrices'; set ylabel 'percent of the peak'\n"
      "set grid y lc rgb '#dddddd'; set key outside right reverse Left; set border 3; set tics nomirror\nplot ";
  const std::string colours[] = {"'#999999'", "'#56b4e9'", "'#0072b2'", "'#e69f00'", "'#d55e00'", "'#009e73'"};
  for (size_t s = 6; s-- > 0;)
    script += "$d using 1:" + std::to_string(s + 2) + " with linespoints lw 2 pt 7 ps .7 lc rgb " + colours[s] +
              " title '" + steps[s].name + "'" + (s ? ", " : "\n");
  tour::draw(folder, "05-steps", 760, 380, script);
}

int main(int argc, char** argv) {
  std::printf("one core, %d floats in a register, peak %.1f GFLOP/s (measured)\n", int(lanes), measured_peak());
  std::string data;
  for (const int n : {96, 192, 384, 768, 1152}) {
    const bool print = n == 192 || n == 1152;
    if (print) std::printf("\n%d x %d x %d\n", n, n, n);
    data += std::to_string(n);
    for (const double share : run(n, print)) data += " " + std::to_string(share);
    data += "\n";
  }
  if (argc > 1) draw_steps(argv[1], data);
  return 0;
}
