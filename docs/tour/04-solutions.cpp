// Solutions of the exercises of chapter 4, in Elbow.
#include <algorithm>
#include <bit>
#include <functional>
#include <vector>

#include "autograd/autograd.hpp"
#include "autograd/memory.hpp"
#include "tour.hpp"

using namespace elbow;

// 1. The worst block for what was asked: one byte more than a class holds.
inline void waste() {
  double powers = 0, quarters = 0;
  for (size_t bytes = 1000; bytes < 1'000'000; ++bytes) {
    powers = std::max(powers, double(std::bit_ceil(bytes)) / double(bytes));
    quarters = std::max(quarters, double(pool_bytes(bytes)) / double(bytes));
  }
  tour::check("1. powers of two: a block is at most so much larger", powers, 2, 0.01);
  tour::check("1. four classes for each: at most", quarters, 1.25, 0.01);
}

// 2. exp reads its output, log its input, a sum neither.
inline bool refused(const std::function<Tensor(const Tensor&)>& f, bool write_output) {
  const Tensor x = Tensor::full({3}, 0.5).set_requires_grad();
  Tape tape;
  Tensor h = x * 1;
  Tensor y = f(h);
  const Tensor loss = sum(y);
  (write_output ? y : h).fill_(2);
  try {
    tape.backward(loss);
  } catch (const Error&) { return true; }
  return false;
}

inline void versions() {
  const auto exponential = [](const Tensor& h) { return exp(h); };
  const auto logarithm = [](const Tensor& h) { return log(h); };
  tour::check("2. exp: its input may be overwritten, its output not",
              !refused(exponential, false) && refused(exponential, true));
  tour::check("2. log: its output may be overwritten, its input not",
              refused(logarithm, false) && !refused(logarithm, true));
}

// 3. Only the start of each segment is kept. A segment is computed again when the backward pass comes to it.
constexpr int layers = 64, segment = 8;
inline Tensor run(Tensor x, int count) {
  for (int i = 0; i < count; ++i) x = tanh(x * 1.1);
  return x;
}

inline void checkpoints() {
  const Tensor x = uniform({1, 0, 0}, {1 << 16}, -1, 1);
  const auto in_use = [] { return memory_statistics().bytes_in_use; };
  const int64_t start = in_use(),
                block = int64_t(pool_bytes(size_t{4} << 16)) * 5 / 4;  // with a header: the next class

  const Tensor leaf = x.clone().set_requires_grad();
  int64_t ordinary = 0;
  {
    Tape tape;
    const Tensor y = sum(run(leaf, layers));
    ordinary = in_use() - start;
    tape.backward(y);
  }

  int64_t most = 0;
  const int64_t before = in_use();
  std::vector<Tensor> starts = {x};
  {
    const NoGrad off;
    while (int(starts.size()) < layers / segment) starts.push_back(run(starts.back(), segment));
  }
  Tensor gradient = Tensor::ones(x.shape());
  for (; !starts.empty(); starts.pop_back()) {
    const Tensor from = starts.back().clone().set_requires_grad();
    Tape tape;
    const Tensor y = run(from, segment);
    most = std::max(most, in_use() - before);
    tape.backward(y, gradient);
    gradient = from.grad();
  }
  tour::check("3. the same gradient, to the bit", gradient.to_vector() == leaf.grad().to_vector());
  tour::check("3. blocks of an ordinary step are more than those with checkpoints by",
              double(ordinary) / double(most), 4, 1.5);
  std::printf("       %.0f and %.0f blocks\n", double(ordinary) / double(block), double(most) / double(block));
}

int main() {
  waste();
  versions();
  checkpoints();
  return tour::failures;
}
