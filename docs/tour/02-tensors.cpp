// Chapter 2 of the tour: tensors, broadcasting, and its gradient. Needs a C++20 compiler and nothing else:
//   g++ -std=c++20 -O2 docs/tour/02-tensors.cpp -o tensors && ./tensors
#include <cmath>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "02-tensors.hpp"
#include "tour.hpp"

inline void show_shapes() {
  const std::vector<std::vector<Shape>> pairs = {
      {{3, 1}, {4}}, {{64, 10}, {10}}, {{5, 1, 4}, {3, 1}}, {{2, 3}, {2}}};
  for (const auto& pair : pairs) try {
      const Shape out = broadcast(pair[0], pair[1]);
      std::printf("%s + %s -> %s\n", name_of(pair[0]).c_str(), name_of(pair[1]).c_str(), name_of(out).c_str());
    } catch (const std::invalid_argument& error) { std::printf("%s\n", error.what()); }
}

inline void show_adjoint() {
  const Array x = numbers({3, 1}, 1), u = numbers({2, 3, 4}, 2);
  std::printf("<broadcast x, u> = %.6f\n", dot(broadcast_to(x, u.shape), u));
  std::printf("<x, sum u>       = %.6f\n", dot(x, sum_to(u, x.shape)));
}

inline void show_normalisation() {
  const auto normalise = [](Var x) {
    const Var centred = x - mean(x, 1);
    return centred / sqrt(mean(centred * centred, 1));
  };
  const auto loss = [&](const std::vector<Var>& v) {  // x, gain, bias, and the weights of the loss
    return sum((normalise(v[0]) * v[1] + v[2]) * v[3]);
  };
  const std::vector<Array> inputs = {numbers({5, 7}, 1), numbers({7}, 2), numbers({7}, 3), numbers({5, 7}, 4)};
  std::printf("layer norm: %s\n",
              worst_difference(loss, inputs) < 1e-7 ? "within 1e-7 of the differences" : "WRONG");

  tape.clear();
  const Var x = record(inputs[0]);
  backward(loss({x, record(inputs[1]), record(inputs[2]), record(inputs[3])}));
  const Array centred = (x - mean(x, 1)).value(), along_rows = sum_to(x.gradient(), {5, 1});
  std::printf("moving a row changes the loss by %.4f, stretching it by %.4f\n", std::abs(along_rows.data[0]),
              std::abs(dot(centred, x.gradient())));
}

inline void show_matmul() {
  tape.clear();
  const Var a = record(numbers({4, 6}, 1)), b = record(numbers({6, 5}, 2)), w = record(numbers({4, 5}, 3));
  backward(sum(matmul(a, b) * w));
  const Array da = sum(reshape(w, {4, 1, 5}) * b, 2).value();                      // W B^T
  const Array db = sum(reshape(a, {4, 6, 1}) * reshape(w, {4, 1, 5}), 0).value();  // A^T W
  const double off = apart(a.gradient(), da) + apart(b.gradient(), db);
  std::printf("matmul: %s\n", off < 1e-13 ? "gradients are W B^T and A^T W" : "WRONG");
}

/// Fits slope and intercept to points on the line 2 x + 1, whose targets have this shape; returns the two.
inline std::vector<double> fit(const Shape& targets) {
  const Array x = numbers({20, 1}, 1);
  Array y = {targets, x.data};
  for (double& t : y.data) t = 2 * t + 1;
  std::vector<double> p = {0, 0};
  for (int step = 0; step < 300; ++step) {
    tape.clear();
    const Var slope = number(p[0]), intercept = number(p[1]);
    const Var error = record(x) * slope + intercept - record(y);
    backward(mean(error * error));
    p[0] -= .3 * slope.gradient().data[0];
    p[1] -= .3 * intercept.gradient().data[0];
  }
  return p;
}

inline void show_trap() {
  for (const Shape& targets : {Shape{20, 1}, Shape{20}}) {
    const auto p = fit(targets);
    std::printf("[20,1] - %s: fitted %.2f x + %.2f\n", name_of(targets).c_str(),
                std::round(100 * p[0]) / 100 + 0., p[1]);
  }
}

/// Two operands, what they are broadcast to, and the way back.
inline void draw_broadcast(const std::string& folder) {
  std::string script = "unset border; unset tics; unset key; set xrange [-.3:17.4]; set yrange [-1.2:4.8]\n";
  const auto label = [&](const std::string& text, double x, double y, const std::string& colour) {
    script += "set label '" + text + "' at " + std::to_string(x) + "," + std::to_string(y) + " center tc rgb " +
              colour + "\n";
  };
  const auto cells = [&](double x, double y, int rows, int columns, const std::string& colour, auto number) {
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) {
        script += "set object rectangle center " + std::to_string(x + j) + "," + std::to_string(y - i) +
                  " size .9,.9 fs solid .2 border lc rgb " + colour + " fc rgb " + colour + "\n";
        label(std::to_string(number(i, j)), x + j, y - i, "'black'");
      }
  };
  using tour::blue, tour::red, tour::green;
  label("[3,1]", .5, 3.4, blue), cells(.5, 2.5, 3, 1, blue, [](int i, int) { return i + 1; });
  label("+", 1.5, 1.5, "'black'");
  label("[4]", 4, 2.4, red), cells(2.5, 1.5, 1, 4, red, [](int, int j) { return 10 * (j + 1); });
  label("=", 7.2, 1.5, "'black'");
  label("[3,4]", 10, 3.4, green),
      cells(8.5, 2.5, 3, 4, green, [](int i, int j) { return i + 1 + 10 * (j + 1); });
  label("y = x + r, loss = sum of y", 10, 4.3, "'black'");
  label("sum of each row", 14, 1.5, blue), cells(16.5, 2.5, 3, 1, blue, [](int, int) { return 4; });
  label("d loss / dx", 16.2, 3.4, blue), label("d loss / dr", 13.6, -.7, red);
  label("sum of each column", 5.4, -.7, red), cells(8.5, -.7, 1, 4, red, [](int, int) { return 3; });
  tour::draw(folder, "02-broadcast", 900, 310, script + "plot NaN\n");
}

int main(int argc, char** argv) {
  show_shapes();
  show_adjoint();
  show_normalisation();
  show_matmul();
  show_trap();
  if (argc > 1) draw_broadcast(argv[1]);
  return 0;
}
