// x^3 and its derivatives, by an op that is not in the library.
#include <iostream>

#include "autograd/autograd.hpp"
#include "cube.hpp"

int main() {
  using namespace elbow;
  const Tensor x = Tensor::from<double>({-1, 0, 2}, {3}).set_requires_grad();
  Tape tape;
  const Tensor y = sum(cube(x)), first = tape.gradient(y, {x})[0], second = tape.gradient(sum(first), {x})[0];
  std::cout << "x^3 sums up to " << y.item() << ", and its derivatives at 2 are " << first.at(2) << " and "
            << second.at(2) << '\n';
}
