#include "cvae/generation.hpp"

#include <algorithm>

#include "autograd/tape.hpp"
#include "nn/streams.hpp"

namespace elbow {
namespace {

constexpr int64_t chunk_rows = 4096;  // that go through the decoder at once; fixed, as the latents depend on it

}  // namespace

Tensor generated_rows(Experiment& e, std::span<const int64_t> index, const Mask& subset) {
  if (!e.condition.by_columns() || int64_t(subset.size()) != e.condition.features())
    fail("generate", "rows are generated from some of their features; ", subset.size(),
         " do not fit the condition");
  const NoGrad no_grad;
  const int64_t rows = int64_t(index.size()), d = e.data.test.columns();
  Tensor out = Tensor::empty({rows, d});
  Condition::Drawn drawn;
  for (int64_t first = 0; first < rows; first += chunk_rows) {
    const auto part = index.subspan(size_t(first), size_t(std::min(chunk_rows, rows - first)));
    const Batch batch = rows_of(e.data.test, part);
    e.condition.give(batch, subset, drawn);
    const Tensor z = normal({e.seed, stream::sampling, uint64_t(first / chunk_rows)},
                            {int64_t(part.size()), e.model->latents()});
    const Tensor y = values_of(e.loss, e.model->decode(z, drawn.c));  // [part, d]
    const float *real = batch.x.data<float>(), *made = y.data<float>(), *given = drawn.mask.data<float>();
    float* to = out.data<float>() + first * d;
    for (int64_t i = 0; i < y.numel(); ++i) to[i] = given[i] != 0 ? real[i] : made[i];
  }
  return out;
}

Matrix optimal_generated_covariance(const Matrix& covariance, double beta, const Mask& mask) {
  const ConditionalGaussian left = condition_on(covariance, mask);
  const EigenSystem e = symmetric_eigen(left.covariance);
  const auto& withheld = left.columns.withheld;
  Matrix generated = covariance;
  for (size_t k = 0; k < withheld.size(); ++k) {
    const double lost =
        std::min(std::max(e.values[k], 0.0), beta / 2);  // the optimum's distortion along the axis
    for (size_t r = 0; r < withheld.size(); ++r)
      for (size_t c = 0; c < withheld.size(); ++c)
        generated(withheld[r], withheld[c]) -=
            lost * e.vectors(int64_t(k), int64_t(r)) * e.vectors(int64_t(k), int64_t(c));
  }
  return generated;
}

}  // namespace elbow
