// Fits y = 2 x + 1 by gradient descent: what a first program on an installed Elbow looks like.
#include <iostream>

#include "autograd/autograd.hpp"

int main() {
  using namespace elbow;
  const Tensor x = Tensor::from<float>({-1, 0, 1, 2}, {4, 1});
  const Tensor y = Tensor::from<float>({-1, 1, 3, 5}, {4, 1});
  Tensor weight = Tensor::zeros({1, 1}), bias = Tensor::zeros({1});
  weight.set_requires_grad();
  bias.set_requires_grad();
  for (int step = 0; step < 200; ++step) {
    Tape tape;
    const Tensor loss = mean(square(linear(x, weight, bias) - y));
    tape.backward(loss);
    if (step == 0) std::cout << "gradient " << weight.grad().item() << ' ' << bias.grad().item() << '\n';
    NoGrad off;  // the step itself is not to be differentiated
    for (Tensor* parameter : {&weight, &bias}) {
      parameter->copy_(*parameter - 0.1 * parameter->grad());
      parameter->grad().fill_(0);
    }
  }
  std::cout << "fitted " << weight.item() << ' ' << bias.item() << '\n';
}
