// Chapter 1 of the tour: reverse-mode differentiation of scalars. Needs a C++20 compiler and nothing else:
//   g++ -std=c++20 -O2 docs/tour/01-scalar-tape.cpp -o tape && ./tape
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "01-scalar-tape.hpp"
#include "tour.hpp"

// ---- a worked example -----------------------------------------------------------------------------------------------

template <class T> T example(T x1, T x2) {
  using std::log, std::sin;
  const T a = log(x1), b = x1 * x2, c = a + b, d = sin(x2);  // in this order with every compiler
  return c - d;
}

/// The tape as a graph: values in blue, adjoints in red.
inline void draw_tape(const std::string& folder, const std::vector<double>& adjoint) {
  const double at[][2] = {{0, 3.2}, {0, 1.2}, {2, 4.2}, {2, 2.2}, {4, 3.2}, {2, .2}, {6, 2.2}};  // of each node
  std::string script = "unset border; unset tics; unset key; set xrange [-.7:6.7]; set yrange [-.4:4.7]\n";
  char line[300];
  for (size_t i = 0; i < tape.size(); ++i) {
    for (const int from : tape[i].input)
      if (from >= 0) {
        const double dx = at[i][0] - at[from][0], dy = at[i][1] - at[from][1], s = .8 / std::hypot(dx, dy);
        std::snprintf(line, sizeof line, "set arrow from %g,%g to %g,%g head filled lc rgb '#888888' lw 1.5\n",
                      at[from][0] + s * dx, at[from][1] + s * dy, at[i][0] - s * dx, at[i][1] - s * dy);
        script += line;
      }
    const std::string name = std::string(tape[i].op) == "input" ? i == 0 ? "x_1" : "x_2" : tape[i].op;
    std::snprintf(line, sizeof line,
                  "set label '%zu: %s' at %g,%g center font ',17'\nset label '%.3f' at %g,%g center tc rgb %s\n"
                  "set label '%.3f' at %g,%g center tc rgb %s\n",
                  i, name.c_str(), at[i][0], at[i][1] + .08, tape[i].value, at[i][0] - .3, at[i][1] - .22,
                  tour::blue.c_str(), adjoint[i], at[i][0] + .3, at[i][1] - .22, tour::red.c_str());
    script += line;
  }
  tour::draw(folder, "01-tape", 800, 420, script + "plot NaN\n");
}

inline void show_example(const char* figures) {
  tape.clear();
  const Var x1 = input(2), x2 = input(5), y = example(x1, x2);
  const std::vector<double> adjoint = gradient(y);
  std::puts("node  op      value  adjoint");
  for (size_t i = 0; i < tape.size(); ++i)
    std::printf("%4zu  %-5s %7.3f  %7.3f\n", i, tape[i].op, tape[i].value, adjoint[i]);
  if (figures) draw_tape(figures, adjoint);

  const double h = 1e-6;
  std::printf("central differences: %.3f and %.3f\n", (example(2 + h, 5.) - example(2 - h, 5.)) / (2 * h),
              (example(2., 5 + h) - example(2., 5 - h)) / (2 * h));
}

// ---- what it costs --------------------------------------------------------------------------------------------------

inline void show_cost() {
  tape.clear();
  const int n = 1000;
  Var product = 1;
  for (int i = 1; i <= n; ++i) product = product * input(1 + 1. / i);
  const std::vector<double> adjoint = gradient(product);
  double worst = 0;
  for (int i = 1; i <= n; ++i) {  // nodes alternate: input, product, input, product
    const double exact = product.value / (1 + 1. / i), found = adjoint[size_t(2 * i - 2)];
    worst = std::fmax(worst, std::abs(found / exact - 1));
  }
  std::printf("\nproduct of %d numbers: %.1f, from %zu nodes\n", n, product.value, tape.size());
  std::printf("%d derivatives in one walk, relative error %s\n", n,
              worst < 1e-12 ? "below 1e-12" : "TOO LARGE");
}

// ---- a small net ----------------------------------------------------------------------------------------------------

inline constexpr int hidden = 4;
using Weights =
    std::vector<double>;  // of each hidden unit: two weights, bias, weight of the output; then the last bias

template <class T> T net(const std::vector<T>& w, double a, double b) {
  using std::tanh;
  T sum = w[4 * hidden];
  for (size_t j = 0; j < hidden; ++j)
    sum = sum + w[4 * j + 3] * tanh(w[4 * j] * T(a) + w[4 * j + 1] * T(b) + w[4 * j + 2]);
  return sum;
}

/// Trains the net on exclusive or, where no straight line separates the answers; returns its weights.
inline Weights train_xor() {
  Weights w;
  for (int i = 0; i <= 4 * hidden; ++i)
    w.push_back(std::sin(1.7 * i + 1));  // no two alike: that is all it takes
  for (int step = 0; step <= 500; ++step) {
    tape.clear();
    std::vector<Var> p;
    for (const double x : w) p.push_back(input(x));
    Var loss = 0;
    for (const int a : {0, 1})
      for (const int b : {0, 1}) {
        const Var error = net(p, a, b) - double(a != b);
        loss = loss + error * error * .25;
      }
    const std::vector<double> g = gradient(loss);
    if (step % 100 == 0) std::printf("step %3d: loss %.4f\n", step, loss.value);
    for (size_t i = 0; i < w.size(); ++i) w[i] -= .2 * g[i];
  }
  for (const int a : {0, 1})
    for (const int b : {0, 1}) std::printf("%d xor %d: %.2f\n", a, b, net(w, a, b));
  return w;
}

inline void draw_net(const std::string& folder, const Weights& w) {
  std::string script =
      "set xrange [-.5:1.5]; set yrange [-.5:1.5]; set size ratio 1; unset key; set tics 1\n"
      "set palette defined (0 '#0072b2', 1 'white', 2 '#d55e00'); set cbrange [-.5:1.5]; set cbtics "
      ".5\n$surface << END\n";
  for (int i = -20; i <= 60; ++i) {
    for (int j = -20; j <= 60; ++j)
      script += std::to_string(i / 40.) + " " + std::to_string(j / 40.) + " " +
                std::to_string(net(w, i / 40., j / 40.)) + "\n";
    script += "\n";
  }
  tour::draw(folder, "01-xor", 480, 400,
             script +
                 "END\n$points << END\n0 0 0\n0 1 1\n1 0 1\n1 1 0\nEND\n"
                 "plot $surface using 1:2:3 with image, $points using 1:2 with points pt 7 ps 2.1 lc "
                 "rgb 'black', "
                 "$points using 1:2:3 with points pt 7 ps 1.6 palette, $points using 1:2:3 with labels offset "
                 "1.6,.8\n");
}

int main(int argc, char** argv) {
  const char* const figures = argc > 1 ? argv[1] : nullptr;
  show_example(figures);
  show_cost();
  std::puts("");
  const Weights w = train_xor();
  if (figures) draw_net(figures, w);
  return 0;
}
