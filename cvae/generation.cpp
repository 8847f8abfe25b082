#include "cvae/generation.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/tape.hpp"
#include "cvae/sampling.hpp"
#include "data/covariance.hpp"

namespace elbow {
namespace {

constexpr int64_t chunk_rows = 4096;  // that go through the decoder at once; fixed, as the latents depend on it

}  // namespace

Tensor generated_rows(const Experiment& e, std::span<const int64_t> index, const Mask& subset) {
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
    const RandomKey noise = sampling_noise(e.seed, uint64_t(first / chunk_rows));
    const Tensor z = sample_prior(*e.model, drawn.c, int64_t(part.size()), noise);
    const Tensor y = decoded_values(*e.model, e.loss, z, drawn.c);  // [part, d]
    const float *real = batch.x.data<float>(), *made = y.data<float>(), *given = drawn.mask.data<float>();
    float* to = out.data<float>() + first * d;
    for (int64_t i = 0; i < y.numel(); ++i) to[i] = given[i] != 0 ? real[i] : made[i];
  }
  return out;
}

Matrix optimal_generated_covariance(const Matrix& covariance, double beta, const Mask& mask) {
  const ConditionalGaussian left = condition_on(covariance, mask);
  const auto& [given, withheld] = left.columns;
  const int64_t o = int64_t(given.size()), u = int64_t(withheld.size());
  const auto root = [](double variance) { return std::sqrt(std::max(variance, 0.0)); };
  // A row is factor times o + u independent unit normals: the first o make the given columns and with them the
  // prediction, the others are the latents. As a product of factors the covariance has no negative eigenvalue, also where
  // given columns almost repeat each other.
  const EigenSystem known = symmetric_eigen(submatrix(covariance, given, given)),
                    rest = symmetric_eigen(left.covariance);
  Matrix columns_given(o, o);
  for (int64_t i = 0; i < o; ++i)
    for (int64_t k = 0; k < o; ++k) columns_given(i, k) = root(known.values[size_t(k)]) * known.vectors(k, i);
  const Matrix prediction = product(left.regression, columns_given);  // [u, o]
  Matrix factor(o + u, o + u);
  for (int64_t k = 0; k < o; ++k) {
    for (int64_t i = 0; i < o; ++i) factor(given[size_t(i)], k) = columns_given(i, k);
    for (int64_t i = 0; i < u; ++i) factor(withheld[size_t(i)], k) = prediction(i, k);
  }
  for (int64_t k = 0; k < u; ++k)
    for (int64_t i = 0; i < u; ++i)
      factor(withheld[size_t(i)], o + k) = root(rest.values[size_t(k)] - beta / 2) * rest.vectors(k, i);
  return covariance_of(factor);
}

}  // namespace elbow
