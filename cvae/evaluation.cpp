#include "cvae/evaluation.hpp"

#include <algorithm>
#include <numeric>

#include "autograd/ops.hpp"
#include "base/stopwatch.hpp"
#include "base/streams.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
namespace {

// The number of rows whose optimum is computed. It is limited, because each new mask takes O(columns^3). Whole batches
// or, for a very wide set, the first rows of the first one.
int64_t most_excess_rows(int64_t columns) {
  const double d = double(columns);
  const auto rows = int64_t(std::min(1e9, 6e9 / (d * d * d)));
  const int64_t batches = (rows + evaluation_batch_rows - 1) / evaluation_batch_rows;
  return rows >= evaluation_batch_rows ? batches * evaluation_batch_rows : std::max<int64_t>(16, rows);
}

// Adds the losses of batch b of `batches` under condition c to `out`, the distortion averaged over draws of the noise.
Posterior add_losses(const Experiment& e, const Batch& on_host, const Tensor& condition, int64_t draws,
                     int64_t b, int64_t batches, RowLosses& out) {
  const Device device = e.model->device();
  const Batch batch = on_device(on_host, device);
  const Tensor c = condition ? condition.to(device) : condition;
  const Posterior q = e.model->encode(batch.input, c);
  const ConditionedPrior p = e.model->prior(c);
  const bool estimated = !p.is_normal();  // the KL, by the same draws
  const size_t rows = size_t(q.mu.size(0));
  std::vector<double> distortion(rows, 0), kl(rows, 0);
  if (!estimated) kl = kl_of(e.loss, q, p, {}, Reduction::per_row).to_vector<double>();
  if (e.loss.autoencoder) draws = 1;  // they would all be the same
  for (int64_t d = 0; d < draws; ++d) {
    const Tensor z = sample_posterior(e.loss, q, evaluation_noise(e.seed, uint64_t(d * batches + b)));
    const auto errors = distortion_of(e.loss, e.model->decode(z, c), batch, c, true).to_vector<double>();
    for (size_t r = 0; r < rows; ++r) distortion[r] += errors[r] / double(draws);
    if (!estimated) continue;
    const auto each = kl_of(e.loss, q, p, z, Reduction::per_row).to_vector<double>();
    for (size_t r = 0; r < rows; ++r) kl[r] += each[r] / double(draws);
  }
  out.kl.insert(out.kl.end(), kl.begin(), kl.end());
  out.distortion.insert(out.distortion.end(), distortion.begin(), distortion.end());
  return q;
}

}  // namespace

int64_t epoch_rows(const Experiment& e) {
  const int64_t all = e.data.test.rows(), asked = std::min(all, e.evaluation.epoch_rows.value_or(all));
  return std::min(all, (asked + evaluation_batch_rows - 1) / evaluation_batch_rows * evaluation_batch_rows);
}

RowLosses test_losses(const Experiment& e, int64_t draws, bool excess, int64_t most_rows) {
  const Evaluating evaluating(*e.model);
  Batches batches(e.data.test, evaluation_batch_rows, LastBatch::keep);
  RowLosses out;
  out.beta = e.loss.beta;
  Condition::Drawn drawn;
  for (int64_t b = 0; b < batches.count() && b * evaluation_batch_rows < most_rows; ++b) {
    const Stopwatch watch;
    const Batch& batch = batches.get(b);
    const int64_t rows = batch.x.size(0), columns = batch.x.size(1);
    e.condition.draw(batch, {e.seed, stream::evaluation_masks, uint64_t(b)}, drawn);
    add_losses(e, batch, drawn.c, draws, b, batches.count(), out);
    if (e.condition.counts_given())
      for (int64_t r = 0; r < rows; ++r) out.given.push_back(e.condition.count_given(drawn, r));
    out.seconds += watch.seconds();
    const int64_t looked_at = std::min(rows, most_excess_rows(columns) - int64_t(out.excess.size()));
    if (!excess || looked_at <= 0) continue;
    const Tensor given = e.condition.by_columns() ? drawn.mask : Tensor::zeros({rows, columns});
    const auto optimal = e.optimum->optimal_rows(batch.x.data<float>(), given.data<float>(), looked_at,
                                                 batch.observed ? batch.observed.data<float>() : nullptr);
    for (const LossTerms<double>& row : optimal) {
      const size_t r = out.excess.size();  // of the test set
      out.excess.push_back(out.distortion[r] + out.beta * out.kl[r] - row.loss);
    }
  }
  return out;
}

Losses losses_of(const RowLosses& rows) {
  std::vector<double> loss(rows.kl.size());
  for (size_t r = 0; r < loss.size(); ++r) loss[r] = rows.distortion[r] + rows.beta * rows.kl[r];
  return {estimate_of(loss), estimate_of(rows.distortion), estimate_of(rows.kl)};
}

SubsetResult result_of(const RowLosses& rows) {
  SubsetResult result{losses_of(rows), int64_t(rows.kl.size())};
  if (!rows.excess.empty()) result.excess = estimate_of(rows.excess);
  return result;
}

std::vector<int64_t> latents_by_kl(const std::vector<double>& kl) {
  std::vector<int64_t> order(kl.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return kl[size_t(a)] > kl[size_t(b)]; });
  return order;
}

std::vector<double> latent_kl(const Experiment& e, const Posterior& q, const Tensor& c) {
  const Device device = e.model->device();
  return kl_of_latents(e.loss, q.to(device), e.model->prior(c)).to_vector<double>();
}

SubsetEncoding encode_under(const Experiment& e, const std::vector<int64_t>& index, const Mask& subset) {
  const Evaluating evaluating(*e.model);
  const Batch batch = rows_of(e.data.test, index);
  Condition::Drawn drawn;
  e.condition.give(batch, subset, drawn);
  SubsetEncoding out;
  out.posterior = e.model->encode(batch.input, drawn.c);
  out.kl = latent_kl(e, out.posterior, drawn.c);
  out.order = latents_by_kl(out.kl);
  return out;
}

namespace {

// The subsets of a few attributes, nothing first; of many nothing, each by itself, and all.
std::vector<Mask> attribute_subsets(int64_t attributes) {
  constexpr int64_t few = 4;
  std::vector<Mask> subsets;
  for (uint64_t bits = 0; attributes <= few && bits < uint64_t{1} << attributes; ++bits) {
    Mask& subset = subsets.emplace_back(size_t(attributes), false);
    for (size_t a = 0; a < subset.size(); ++a) subset[a] = (bits >> a & 1) != 0;
  }
  if (!subsets.empty()) return subsets;
  subsets.assign(size_t(attributes) + 1, Mask(size_t(attributes), false));
  for (size_t a = 0; a < size_t(attributes); ++a) subsets[a + 1][a] = true;
  subsets.emplace_back(size_t(attributes), true);
  return subsets;
}

}  // namespace

std::vector<ConditionResult> per_condition_results(const Experiment& e, int64_t draws) {
  const Evaluating evaluating(*e.model);
  std::vector<ConditionResult> out;
  if (!e.condition.by_attributes() || !e.condition.may_withhold()) return out;
  Batches batches(e.data.test, evaluation_batch_rows, LastBatch::keep);
  Condition::Drawn drawn;
  for (const Mask& given : attribute_subsets(e.condition.features())) {
    std::string name;
    for (size_t a = 0; a < given.size(); ++a)
      if (given[a]) name += (name.empty() ? "" : " and ") + e.condition.given_features()[a].name;
    RowLosses rows;
    rows.beta = e.loss.beta;
    std::vector<double> kl(size_t(e.model->latents()), 0);
    for (int64_t b = 0; b < batches.count(); ++b) {
      const Batch& batch = batches.get(b);
      e.condition.give(batch, given, drawn);
      const Posterior q = add_losses(e, batch, drawn.c, draws, b, batches.count(), rows);
      const auto part = latent_kl(e, q, drawn.c);
      for (size_t l = 0; l < part.size(); ++l)
        kl[l] += part[l] * double(batch.x.size(0)) / double(e.data.test.rows());
    }
    std::sort(kl.begin(), kl.end(), std::greater<>());
    ConditionResult& result =
        out.emplace_back(ConditionResult{result_of(rows), name.empty() ? "nothing" : name});
    result.active = count_active(kl, e.evaluation.active_kl);
    result.kl_per_latent = std::move(kl);
  }
  return out;
}

LatentScatter latent_scatter(const Experiment& e) {
  const Evaluating evaluating(*e.model);
  const int64_t latents = e.model->latents(), total = std::min(e.evaluation.scatter_rows, e.data.test.rows());
  Batches batches(e.data.test, evaluation_batch_rows, LastBatch::keep);
  std::vector<float> means;                    // [total, latents]
  std::vector<double> kl(size_t(latents), 0);  // [latents]
  LatentScatter out;
  Condition::Drawn drawn;
  for (int64_t b = 0; b < batches.count() && int64_t(out.given.size()) < total; ++b) {
    const Batch& batch = batches.get(b);
    const int64_t rows = batch.x.size(0);
    e.condition.draw(batch, {e.seed, stream::evaluation_masks, uint64_t(b)}, drawn);
    const Posterior q = e.model->encode(batch.input, drawn.c);
    const auto mu = q.mu.to_vector<float>();
    const auto part = latent_kl(e, q, drawn.c);
    for (size_t l = 0; l < part.size(); ++l) kl[l] += part[l] * double(rows);
    for (int64_t r = 0; r < rows && int64_t(out.given.size()) < total; ++r) {
      means.insert(means.end(), mu.begin() + r * latents, mu.begin() + (r + 1) * latents);
      out.given.push_back(e.condition.counts_given() ? e.condition.count_given(drawn, r)
                          : e.data.test.classes()    ? e.data.test.classes()->class_of(batch.index[size_t(r)])
                                                     : 0);
    }
  }
  const auto order = latents_by_kl(kl);
  out.dimension_x = order[0];
  if (order.size() > 1) out.dimension_y = order[1];
  for (size_t r = 0; r < out.given.size(); ++r) {
    out.x.push_back(means[r * size_t(latents) + size_t(out.dimension_x)]);
    if (out.dimension_y) out.y.push_back(means[r * size_t(latents) + size_t(*out.dimension_y)]);
  }
  return out;
}

}  // namespace elbow
