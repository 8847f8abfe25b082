#include "autograd/registry.hpp"

#include <cmath>

#include "autograd/random.hpp"

namespace elbow {

std::vector<Tensor> draw_inputs(const std::vector<InputSpec>& specs, const std::vector<double>& kinks,
                                uint64_t seed, DType dtype) {
  std::vector<Tensor> inputs;
  uint64_t step = 0;
  for (const InputSpec& spec : specs) {
    Tensor t = uniform({seed, 0, step++}, spec.shape, spec.lo, spec.hi, DType::float64);
    double* x = t.data<double>();
    if (spec.is_one_hot && t.numel()) {
      const int64_t n = spec.shape[spec.shape.rank() - 1];
      for (int64_t row = 0; row < t.numel() / n; ++row) {
        const double u = (x[row * n] - spec.lo) / (spec.hi - spec.lo);
        for (int64_t i = 0; i < n; ++i) x[row * n + i] = i == std::min<int64_t>(n - 1, int64_t(u * double(n)));
      }
    }
    for (double kink : kinks)
      for (int64_t i = 0; i < t.numel(); ++i)
        if (std::abs(x[i] - kink) < 0.05) x[i] = kink + (x[i] < kink ? -0.05 : 0.05);
    inputs.push_back(t.to(dtype));
  }
  return inputs;
}

}  // namespace elbow
