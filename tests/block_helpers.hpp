#pragma once
// What the tests of batches in blocks share.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "autograd/alias.hpp"
#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/blocks.hpp"

namespace elbow::test {

/// sum(weights * batch_norm(x)^2) of all rows, computed in `blocks` blocks (0: as a whole) on a device, with the gradients by x, weight
/// and bias. All tensors of the host.
struct Normalised {
  double loss = 0;
  Tensor dx, dweight, dbias, mean, variance;
};
inline Normalised normalised(const Tensor& x, const Tensor& weights, int64_t blocks, bool images,
                             Device device = Device::cpu) {
  const int64_t rows = x.size(0), n = x.size(1);
  Normalised out;
  out.dx = Tensor::zeros(x.shape(), DType::float64);
  const auto part = [&](int64_t first, int64_t count) {
    Tensor here = copy_of(slice(x, 0, first, first + count)).to(device).set_requires_grad();
    Tensor weight = Tensor::full({n}, 1.5, DType::float64, device).set_requires_grad();
    Tensor bias = Tensor::full({n}, 0.25, DType::float64, device).set_requires_grad();
    Tensor mean = Tensor::zeros({n}, DType::float64, device),
           variance = Tensor::ones({n}, DType::float64, device);
    Tape tape;
    const Tensor y = images ? batch_norm2d(here, weight, bias, mean, variance, true)
                            : batch_norm(here, weight, bias, mean, variance, true);
    const Tensor loss = sum(slice(weights, 0, first, first + count).to(device) * square(y));
    tape.backward(loss);
    Normalised p;
    p.loss = loss.item(), p.dx = on_cpu(here.grad());
    p.dweight = on_cpu(weight.grad()), p.dbias = on_cpu(bias.grad());
    p.mean = on_cpu(mean), p.variance = on_cpu(variance);
    const int64_t row = x.numel() / rows;
    std::copy_n(p.dx.data<double>(), count * row, out.dx.data<double>() + first * row);
    return p;
  };
  std::vector<Normalised> parts(size_t(std::max<int64_t>(blocks, 1)));
  if (blocks == 0) {
    parts[0] = part(0, rows);
  } else {
    Blocks all(alone(), blocks, rows, device == Device::cpu ? 0 : 1);
    all.run([&](int64_t i, const Block& b) { parts[size_t(i)] = part(b.first, b.rows); });
  }
  out.mean = parts[0].mean, out.variance = parts[0].variance;
  out.dweight = Tensor::zeros({n}, DType::float64), out.dbias = Tensor::zeros({n}, DType::float64);
  for (const Normalised& p : parts) {
    out.loss += p.loss;
    out.dweight = out.dweight + p.dweight, out.dbias = out.dbias + p.dbias;
    for (int64_t c = 0; c < n; ++c) {  // all blocks have the statistics of the batch
      BOOST_TEST(p.mean.at(c) == out.mean.at(c));
      BOOST_TEST(p.variance.at(c) == out.variance.at(c));
    }
  }
  return out;
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  const auto x = a.to_vector<double>(), y = b.to_vector<double>();
  for (size_t i = 0; i < x.size(); ++i) largest = std::max(largest, std::abs(x[i] - y[i]));
  return largest;
}

/// Whether a batch in blocks comes to what it comes to as a whole: gradients of rows within `tolerance`, sums over rows within ten times
/// that, statistics within a hundredth.
inline void check_close(const Normalised& cut, const Normalised& whole, double tolerance) {
  BOOST_TEST(std::abs(cut.loss - whole.loss) < 10 * tolerance);
  BOOST_TEST(largest_difference(cut.dx, whole.dx) < tolerance);
  BOOST_TEST(largest_difference(cut.dweight, whole.dweight) < 10 * tolerance);
  BOOST_TEST(largest_difference(cut.dbias, whole.dbias) < 10 * tolerance);
  BOOST_TEST(largest_difference(cut.mean, whole.mean) < tolerance / 100);
  BOOST_TEST(largest_difference(cut.variance, whole.variance) < tolerance / 100);
}

}  // namespace elbow::test
