#include "experiments/program/rows/imputation.hpp"

#include <cmath>

#include "autograd/operators.hpp"
#include "autograd/tape.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
namespace {

// Numbers on a logarithmic scale, in values [rows, columns], become those of the table, or the other way round: a mean is one of
// counts, not of their logarithms.
template <class Number> void change_scale(const TableCodec& codec, std::vector<Number>& values, bool to_x) {
  const size_t columns = size_t(codec.columns());
  for (size_t f = 0; f < codec.features().size(); ++f) {
    const Scale& scale = codec.scales()[f];
    if (!scale.is_logarithmic()) continue;
    for (size_t at = size_t(codec.features()[f].first); at < values.size(); at += columns)
      values[at] = Number(to_x ? (scale.transformed_mean(values[at]) - scale.mean) / scale.sd
                               : scale.value_of(values[at]));
  }
}

}  // namespace

Imputation impute(const Experiment& e, const TableCodec& codec, const ImputationSettings& o, const Batch& batch,
                  uint64_t number) {
  const NoGrad no_grad;
  Condition::Drawn drawn;
  drawn.mask = batch.observed;  // all that is there is given
  e.condition.apply(batch, drawn);
  Imputation out;
  const size_t size = size_t(batch.x.numel());
  std::vector<double> mean(size, 0), squares(size, 0);  // squares: of the distances from the mean (Welford)
  const ConditionedPrior prior = e.model->prior(drawn.c);
  Tensor noise;  // [rows, latents]
  for (int64_t d = 0; d < o.draws; ++d) {
    const RandomKey key = sampling_noise(o.seed, d, number);
    // For a mean, every other draw is the one before with its sign turned (antithetic variates): what is linear in z then
    // averages out. Rows that are drawn one by one are to be independent.
    noise = d % 2 == 1 && !o.multiple ? -noise : normal(key, {batch.x.size(0), e.model->latents()});
    const Tensor z = prior_draw(prior, noise, key);
    std::vector<float> v =
        observed_values(*e.model, e.loss, e.data.train.features, z, drawn.c, {o.multiple, o.noise}, key)
            .to_vector<float>();
    if (o.multiple) {
      out.draws.push_back(std::move(v));
      continue;
    }
    change_scale(codec, v, false);
    for (size_t i = 0; i < size; ++i) {
      const double before = v[i] - mean[i];
      mean[i] += before / double(d + 1);
      squares[i] += before * (v[i] - mean[i]);
    }
  }
  if (o.multiple) return out;
  change_scale(codec, mean, true);
  out.mean.assign(mean.begin(), mean.end());
  for (const double s : squares) out.sd.push_back(float(std::sqrt(s / double(o.draws - 1))));
  return out;
}

}  // namespace elbow
