// What the samples of the ops are too small for: sums that several blocks or launches share, on the device against the CPU, and
// rows with infinities and NaN.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "tests/gradcheck.hpp"
#include "tests/no_device.hpp"
#include "tests/sample_inputs.hpp"
#if ELBOW_CUDA_EMULATED
#include "autograd/backend/cuda/emulator/emulator.hpp"
#endif

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_ = NAN;

// The largest difference beside the largest number that is finite; infinite where one is finite and the other is not.
double apart(const std::vector<double>& got, const std::vector<double>& want) {
  double largest = 1e-3, worst = 0;
  for (double w : want)
    if (std::isfinite(w)) largest = std::max(largest, std::abs(w));
  for (size_t i = 0; i < want.size(); ++i) {
    if (got.at(i) == want[i] || (std::isnan(got[i]) && std::isnan(want[i]))) continue;
    const double d = std::abs(got[i] - want[i]) / largest;
    worst = std::isnan(d) ? infinity : std::max(worst, d);
  }
  return worst;
}

// The output of f and its gradients, on the host.
std::vector<std::vector<double>> run(const Function& f, const std::vector<Tensor>& inputs,
                                     const std::vector<bool>& wanted) {
  const Tensor y = f(clones(inputs));
  std::vector<std::vector<double>> results{y.to_vector()};
  const Tensor cotangent = random_cotangent(y.shape(), y.dtype()).to(y.device());
  for (const Tensor& g : tape_gradients(f, inputs, wanted, cotangent))
    if (g) results.push_back(g.to_vector());
  return results;
}

// f gives on the device what it gives on the CPU, in both types, and the same bits whatever the order of the threads.
// `constants` of the last inputs have no gradient.
void same_on_device(const std::string& what, const Function& f, const std::vector<Tensor>& inputs,
                    size_t constants = 0) {
  std::vector<bool> wanted(inputs.size(), true);
  for (size_t i = 0; i < constants; ++i) wanted[inputs.size() - 1 - i] = false;
  for (DType dtype : {DType::float64, DType::float32}) {
    std::vector<Tensor> typed = converted(inputs, dtype), there;
    for (const Tensor& t : typed) there.push_back(t.to(Device::cuda));
    const auto want = run(f, converted(typed, DType::float64), wanted), got = run(f, there, wanted);
    const double tolerance = dtype == DType::float64 ? 1e-12 : 5e-6;
    for (size_t r = 0; r < want.size(); ++r)
      BOOST_TEST(apart(got.at(r), want[r]) <= tolerance, what << ", " << name_of(dtype) << ", result " << r);
#if ELBOW_CUDA_EMULATED
    cuda::emulator::set_order(cuda::emulator::Order::backwards);
    const auto again = run(f, there, wanted);
    cuda::emulator::set_order(cuda::emulator::Order::forwards);
    for (size_t r = 0; r < got.size(); ++r)
      BOOST_TEST(std::memcmp(got[r].data(), again[r].data(), got[r].size() * sizeof(double)) == 0,
                 what << " has other bits");
#endif
  }
}

Tensor random_input(const Shape& shape, double lo = -2, double hi = 2) {
  static RandomStream stream(7, 0);
  return uniform(stream.next(), shape, lo, hi, DType::float64);
}

}  // namespace

BOOST_AUTO_TEST_CASE(sums_over_any_axes) {
  if (no_device()) return;
  const auto check = [](const Shape& shape, const Axes& axes) {
    same_on_device(str("sum of ", shape), [&](const auto& x) { return sum(x[0], axes); },
                   {random_input(shape, 0, 1)});
    same_on_device(str("mean of ", shape), [&](const auto& x) { return mean(x[0], axes, true); },
                   {random_input(shape)});
  };
  check({70000}, {});
  check({70001, 3}, 0);
  check({700, 40}, 0);
  check({3, 70001}, 1);
  check({300, 2}, 1);
  check({2, 300}, 0);
  check({600, 300}, {});
  check({7, 5, 331}, {0, 2});
  check({5, 331, 7}, 1);
  check({5, 331, 1, 7}, {0, 3});
  check({3, 4, 5, 6, 7}, {0, 2, 4});
  check({3, 4, 5, 6, 7}, {1, 3});
  check({0, 5}, 0);
  check({5, 0}, 0);
}

BOOST_AUTO_TEST_CASE(losses_of_many_rows) {
  if (no_device()) return;
  for (Reduction reduction : {Reduction::none, Reduction::per_row, Reduction::per_column, Reduction::mean}) {
    const std::vector<Tensor> pair{random_input({300, 230}), random_input({300, 230}, 0, 1)};
    const std::string name = str("reduction ", int(reduction));
    same_on_device(
        name, [=](const auto& x) { return squared_error(x[0], x[1], reduction); }, pair);
    same_on_device(
        name, [=](const auto& x) { return gaussian_kl(x[0], x[1], reduction); }, pair);
    same_on_device(
        name, [=](const auto& x) { return bce_with_logits(x[0], x[1], reduction); }, pair);
    if (reduction == Reduction::none || reduction == Reduction::per_column) continue;
    for (int64_t rows : {40, 4000}) {
      std::vector<int64_t> labels;
      for (int64_t r = 0; r < rows; ++r) labels.push_back(r * r % 19);
      const Tensor logits = random_input({rows, 19});
      same_on_device(name, [&](const auto& x) { return cross_entropy(x[0], labels, reduction); }, {logits});
      same_on_device(name, [=](const auto& x) { return cross_entropy_with_logits(x[0], x[1], reduction); },
                     {logits, random_input({rows, 19}, 0, 1)});
    }
  }
}

BOOST_AUTO_TEST_CASE(normalisation_of_many_rows) {
  if (no_device()) return;
  for (bool training : {true, false}) {
    const auto f = [=](std::vector<Tensor> x) {
      return x[0].rank() == 2 ? batch_norm(x[0], x[1], x[2], x[3], x[4], training)
                              : batch_norm2d(x[0], x[1], x[2], x[3], x[4], training);
    };
    for (const Shape& shape : {Shape{64, 64}, {1500, 21}, {3, 9}, {6, 5, 31, 33}, {700, 3, 1, 2}}) {
      const Shape n{shape[1]};
      same_on_device(
          str("batch norm of ", shape), f,
          {random_input(shape), random_input(n), random_input(n), random_input(n), random_input(n, 0.5, 2)}, 2);
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_of_any_axes) {
  if (no_device()) return;
  for (const Shape& shape : {Shape{3, 2000, 2}, {40, 3, 19}}) {
    const std::vector<Tensor> x{random_input(shape)};
    for (int axis : {0, 1, 2}) {
      const std::string name = str(shape, " along ", axis);
      same_on_device(
          name, [=](const auto& t) { return softmax(t[0], axis); }, x);
      same_on_device(
          name, [=](const auto& t) { return log_softmax(t[0], axis); }, x);
      same_on_device(
          name,
          [=](const auto& t) {
            return logsumexp(t[0], {axis, (axis + 1) % 3});
          },
          x);
      same_on_device(
          name, [=](const auto& t) { return amax(t[0], axis); }, x);
      same_on_device(
          name,
          [=](const auto& t) {
            return amin(t[0], {axis, (axis + 2) % 3});
          },
          x);
      same_on_device(
          name, [=](const auto& t) { return variance(t[0], axis); }, x);
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_with_infinities_and_nan) {
  if (no_device()) return;
  const Tensor x = Tensor::from<double>({1,         -infinity, 2,    0,          //
                                         -infinity, -infinity, 0.5,  -infinity,  //
                                         infinity,  1,         2,    3,          //
                                         infinity,  -infinity, 1,    infinity,   //
                                         nan_,      1,         2,    3,          //
                                         1,         2,         nan_, infinity,   //
                                         1000,      999,       -800, 1000},
                                        {7, 4});
  const Tensor all_small = Tensor::full({2, 3}, -infinity, DType::float64);
  for (const Tensor& t : {x, all_small}) {
    same_on_device("softmax", [](const auto& v) { return softmax(v[0]); }, {t});
    same_on_device("log_softmax", [](const auto& v) { return log_softmax(v[0]); }, {t});
    same_on_device("logsumexp", [](const auto& v) { return logsumexp(v[0], 1); }, {t});
    same_on_device("amax", [](const auto& v) { return amax(v[0], 1); }, {t});
    same_on_device("amin", [](const auto& v) { return amin(v[0], 1); }, {t});
    const std::vector<int64_t> labels(size_t(t.size(0)), 1);
    same_on_device("cross_entropy",
                   [&](const auto& v) { return cross_entropy(v[0], labels, Reduction::per_row); }, {t});
    same_on_device("cross_entropy_with_logits",
                   [](const auto& v) { return cross_entropy_with_logits(v[0], v[1], Reduction::per_row); },
                   {t, one_hot(Indices(std::vector<int64_t>(labels.size(), 2)), t.size(1), DType::float64)});
  }
}

BOOST_AUTO_TEST_CASE(random_numbers_are_those_of_the_cpu) {
  if (no_device()) return;
  const RandomKey key{0x123456789ABCDEF0, 5, (uint64_t{1} << 40) + 3};
  for (DType dtype : {DType::float64, DType::float32}) {
    const Shape shape{1003};
    const auto exact = [](const Tensor& a, const Tensor& b) { return a.to_vector() == b.to_vector(); };
    BOOST_TEST(exact(uniform(key, shape, 0, 1, dtype, Device::cuda), uniform(key, shape, 0, 1, dtype)));
    BOOST_TEST(exact(bernoulli(key, shape, 0.3, dtype, Device::cuda), bernoulli(key, shape, 0.3, dtype)));
    BOOST_TEST(apart(normal(key, shape, 1, 2, dtype, Device::cuda).to_vector(),
                     normal(key, shape, 1, 2, dtype).to_vector()) <= (dtype == DType::float64 ? 1e-14 : 1e-6));
    const Tensor x = random_input(shape).to(dtype);
    BOOST_TEST(exact(dropout(x.to(Device::cuda), 0.4, key), dropout(x, 0.4, key)));
  }
}
