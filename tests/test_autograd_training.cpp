// Everything together: small nets, written in ops only, learn what they ought to.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"

using namespace elbow;

namespace {

/// Gradient descent with momentum on a list of leaves.
class Descent {
 public:
  Descent(std::vector<Tensor> parameters, double rate, double momentum)
      : parameters_(std::move(parameters)), rate_(rate), momentum_(momentum) {
    for (Tensor& p : parameters_) {
      p.set_requires_grad();
      velocities_.push_back(Tensor::zeros(p.shape(), p.dtype()));
    }
  }
  void step(const Tensor& loss) {
    loss.backward();
    for (size_t k = 0; k < parameters_.size(); ++k)
      dispatch(loss.dtype(), [&]<class T>() {
        Tensor& p = parameters_[k];
        for (int64_t i = 0; i < p.numel(); ++i) {
          T& v = velocities_[k].data<T>()[i];
          v = T(momentum_) * v - T(rate_) * p.grad().data<T>()[i];
          p.data<T>()[i] += v;
        }
        p.mark_written("descent");
        p.grad().fill_(0);
      });
  }

 private:
  std::vector<Tensor> parameters_, velocities_;
  double rate_, momentum_;
};

}  // namespace

// A line fitted by gradient descent ends at the least-squares solution, which is known.
BOOST_AUTO_TEST_CASE(linear_regression_finds_the_least_squares_line) {
  const Tensor x = Tensor::from<double>({0, 1, 2, 3}, {4, 1}), y = Tensor::from<double>({1, 3, 4, 8}, {4, 1});
  Tensor w = Tensor::zeros({1, 1}, DType::float64), b = Tensor::zeros({1}, DType::float64);
  Descent descent({w, b}, 0.05, 0.8);
  for (int i = 0; i < 400; ++i) {
    Tape tape;
    descent.step(squared_error(linear(x, w, b), y));
  }
  BOOST_TEST(w.item() == 2.2, boost::test_tools::tolerance(1e-8));
  BOOST_TEST(b.item() == 0.7, boost::test_tools::tolerance(1e-8));
}

BOOST_AUTO_TEST_CASE(a_net_learns_a_curve) {
  for (DType dtype : {DType::float32, DType::float64}) {
    constexpr int64_t rows = 64, hidden = 24;
    Tensor x = uniform({1, 0, 0}, {rows, 2}, -1, 1, dtype), y = Tensor::empty({rows, 1}, dtype);
    dispatch(dtype, [&]<class T>() {
      for (int64_t r = 0; r < rows; ++r)
        y.data<T>()[r] = std::sin(3 * x.data<T>()[2 * r]) * x.data<T>()[2 * r + 1];
    });
    Tensor w1 = normal({1, 1, 0}, {2, hidden}, 0, 1, dtype), b1 = normal({1, 1, 1}, {hidden}, 0, 0.5, dtype);
    Tensor w2 = normal({1, 1, 2}, {hidden, hidden}, 0, 0.3, dtype), b2 = Tensor::zeros({hidden}, dtype);
    Tensor w3 = normal({1, 1, 3}, {hidden, 1}, 0, 0.3, dtype), b3 = Tensor::zeros({1}, dtype);
    Descent descent({w1, b1, w2, b2, w3, b3}, 0.05, 0.9);
    double first = 0, last = 0;
    for (int i = 0; i < 700; ++i) {
      Tape tape;
      const Tensor h = softplus(linear(tanh(linear(x, w1, b1)), w2, b2));
      const Tensor loss = squared_error(linear(h, w3, b3), y);
      last = loss.item();
      if (i == 0) first = last;
      descent.step(loss);
    }
    BOOST_TEST(first > 0.1);
    BOOST_TEST(last < 2e-3, name_of(dtype) << " ends at " << last);
  }
}

// The two halves of XOR cannot be separated by a line.
BOOST_AUTO_TEST_CASE(a_net_learns_exclusive_or) {
  const Tensor x = Tensor::from<float>({0, 0, 0, 1, 1, 0, 1, 1}, {4, 2}),
               y = Tensor::from<float>({0, 1, 1, 0}, {4, 1});
  Tensor w1 = normal({2, 0, 0}, {2, 8}), b1 = normal({2, 0, 1}, {8});
  Tensor w2 = normal({2, 0, 2}, {8, 1}), b2 = Tensor::zeros({1});
  Descent descent({w1, b1, w2, b2}, 0.2, 0.9);
  double last = 0;
  for (int i = 0; i < 500; ++i) {
    Tape tape;
    const Tensor loss = bce_with_logits(linear(tanh(linear(x, w1, b1)), w2, b2), y);
    last = loss.item();
    descent.step(loss);
  }
  BOOST_TEST(last < 0.02);
}

// The smallest E|x - m|^2 over m, found through a gradient that passes through random draws.
BOOST_AUTO_TEST_CASE(gradients_pass_through_draws) {
  Tensor mu = Tensor::full({256, 1}, 3), log_var = Tensor::zeros({256, 1});
  const Tensor target = Tensor::ones({256, 1});
  Descent descent({mu, log_var}, 20, 0);
  for (uint64_t i = 0; i < 300; ++i) {
    Tape tape;
    const Tensor z = reparameterise(mu, log_var, {3, 0, i});
    descent.step(add(squared_error(z, target), mul(gaussian_kl(mu, log_var), Tensor::full({}, 2))));
  }
  // (m - 1)^2 + v + m^2 + v - ln v - 1 is smallest at m = 1/2 and v = 1/2
  BOOST_TEST(std::abs(mean(mu).item() - 0.5) < 0.02);
  BOOST_TEST(std::abs(mean(exp(log_var)).item() - 0.5) < 0.05);
}
