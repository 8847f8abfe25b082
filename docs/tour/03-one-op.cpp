// Chapter 3 of the tour: one formula as loop, SIMD kernel, CUDA kernel, and its own derivatives. Needs a C++20 compiler:
//   g++ -std=c++20 -O3 -march=native docs/tour/03-one-op.cpp -o one-op && ./one-op
#include "03-one-op.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tour.hpp"

/// The largest difference of two results, as a multiple of the spacing of floats there.
inline double units_apart(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i)
    most = std::max(
        most, std::abs(double(a[i]) - b[i]) / (std::nextafter(std::abs(b[i]), INFINITY) - std::abs(b[i])));
  return most;
}

/// Nanoseconds for each number, the least of several tries.
template <class F> double nanoseconds(int64_t n, F work) {
  double least = INFINITY;
  for (int attempt = 0; attempt < 50; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    for (int repeat = 0; repeat < 20; ++repeat) work();
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    least = std::min(least, time.count() / double(20 * n));
  }
  return least;
}

inline void compare_kernels() {
  const int64_t n = 4099;  // a prime: no register divides it
  std::vector<float> x, gy, y(n), dx(n), other(n);
  for (int64_t i = 0; i < n; ++i)
    x.push_back(float(8 * std::sin(double(i)))), gy.push_back(float(std::cos(3. * double(i))));
  const Squareplus op;
  const Forward<Squareplus> forward;
  const Backward<Squareplus> backward;

  loop(forward, n, y.data(), x.data());
  loop(backward, n, dx.data(), y.data(), gy.data());
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double h = 1e-6, slope = (op.forward(x[i] + h) - op.forward(x[i] - h)) / (2 * h);
    worst = std::max(worst, std::abs(dx[i] - gy[i] * slope));
  }
  std::printf("loop: %s\n", worst < 1e-6 ? "the gradient is that of central differences" : "WRONG");

  const auto agrees = [](double units) {
    return units <= 2 ? "the loop's numbers, to 2 units in the last place" : "WRONG";
  };
  simd(forward, n, other.data(), x.data());
  double apart = units_apart(other, y);
  simd(backward, n, other.data(), y.data(), gy.data());
  std::printf("SIMD: %s\n", agrees(std::max(apart, units_apart(other, dx))));
  device(forward, n, other.data(), x.data());
  apart = units_apart(other, y);
  device(backward, n, other.data(), y.data(), gy.data());
  std::printf("CUDA, on a GPU of loops: %s\n", agrees(std::max(apart, units_apart(other, dx))));

  const double slow = nanoseconds(n, [&] { loop(forward, n, y.data(), x.data()); });
  const double fast = nanoseconds(n, [&] { simd(forward, n, y.data(), x.data()); });
  std::printf("forward, ns a number: loop %.2f, SIMD with %d lanes %.2f, ratio %.1f (measured)\n", slow,
              int(Lanes::size()), fast, slow / fast);
}

/// y, y', y'', ... at x.
inline std::vector<double> derivatives(double at, int orders) {
  const Tracer x(at);
  Tracer y = apply(Squareplus(), x);
  std::vector<double> values = {y.value()};
  for (int order = 1; order <= orders; ++order) {
    y = gradient(y, x);
    values.push_back(y.value());
  }
  return values;
}

inline void show_derivatives() {
  const double series[] = {1, 1 / 2., 1 / 4., 0, -24 / 128.};  // 1 + x/2 + x^2/8 - x^4/128 + ..., times n!
  const auto at_zero = derivatives(0, 4);
  for (size_t n = 0; n <= 4; ++n)
    std::printf("derivative %zu at 0: %7.4f, the series says %7.4f\n", n, at_zero[n] + 0., series[n]);
  const double x = 1.3, exact = 2 / std::pow(x * x + 4, 1.5);
  std::printf("y'' at 1.3: %.6f, by hand %.6f\n", derivatives(x, 2)[2], exact);
}

inline void draw_derivatives(const std::string& folder) {
  std::string script =
      "set xrange [-4:4]; set xlabel 'x'; set key top left reverse Left; set grid lc rgb '#dddddd'\n$d << "
      "END\n";
  for (int i = -80; i <= 80; ++i) {
    script += std::to_string(i / 20.);
    for (const double v : derivatives(i / 20., 3)) script += " " + std::to_string(v);
    script += "\n";
  }
  tour::draw(folder, "03-derivatives", 640, 360,
             script +
                 "END\nplot [][-.6:4.2] $d using 1:2 with lines lw 3 lc rgb 'black' title 'squareplus', "
                 "$d using 1:3 with lines lw 2 lc rgb " +
                 tour::blue +
                 " title 'first derivative', "
                 "$d using 1:4 with lines lw 2 lc rgb " +
                 tour::red +
                 " title 'second', "
                 "$d using 1:5 with lines lw 2 lc rgb " +
                 tour::green + " title 'third'\n");
}

int main(int argc, char** argv) {
  compare_kernels();
  show_derivatives();
  if (argc > 1) draw_derivatives(argv[1]);
  return 0;
}
