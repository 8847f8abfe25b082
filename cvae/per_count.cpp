#include <algorithm>
#include <cmath>

#include "autograd/ops.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/subsets.hpp"

namespace elbow {
namespace {

constexpr int64_t all_subsets_up_to = 8;  // columns
constexpr int64_t most_sizes = 17;        // that are looked at in wide sets
constexpr int64_t most_rows = 4096;       // encoded under one subset

// Mean KL of each latent over test rows under one subset, largest first. Each subset looks at rows of its own where there
// are enough.
std::vector<double> kl_per_latent(Experiment& e, const Mask& subset, int64_t first, int64_t rows) {
  const int64_t columns = e.data.test.columns();
  Batch batch;
  batch.x = e.data.test.x.range(first, rows);
  Condition::Drawn drawn;
  drawn.mask = Tensor::empty({rows, columns});
  for (int64_t i = 0; i < rows * columns; ++i)
    drawn.mask.data<float>()[i] = subset[size_t(i % columns)] ? 1 : 0;
  e.condition.apply(batch, drawn);
  const Posterior q = e.model->encode(batch.x, drawn.c);
  auto kl = gaussian_kl(q.mu, q.log_var, Reduction::per_column).to_vector<double>();
  std::sort(kl.begin(), kl.end(), std::greater<>());
  return kl;
}

// Fills in what is counted subset by subset. Two subsets of one size may use different latents: an average over their
// rows would count both, so each subset is sorted and counted by itself, and the counts are averaged.
void add_latents(Experiment& e, CountResult& result) {
  const int64_t columns = e.data.test.columns(), total = e.data.test.rows();
  const int64_t most = columns <= all_subsets_up_to ? int64_t{1} << columns : e.evaluation.subsets;
  const auto subsets = subsets_of_size(columns, result.given, most, e.seed);
  const int64_t n = int64_t(subsets.size());
  const int64_t rows = std::min(most_rows, std::max(std::min<int64_t>(256, total), total / n));
  result.active = 0;
  result.kl_per_latent.assign(size_t(e.model->latents()), 0);
  for (int64_t s = 0; s < n; ++s) {
    const auto kl = kl_per_latent(e, subsets[size_t(s)], s * rows % (total - rows + 1), rows);
    for (size_t l = 0; l < kl.size(); ++l) result.kl_per_latent[l] += kl[l] / double(n);
    result.active +=
        double(std::count_if(kl.begin(), kl.end(), [&](double k) { return k > e.evaluation.active_kl; })) /
        double(n);
  }
  if (!e.bound) return;
  const CountBound b = e.bound->at_count(result.given, e.bound_masks());
  result.bound = BoundPoint{b.loss, b.distortion, b.kl, b.active, b.kl_per_latent};
}

}  // namespace

std::vector<CountResult> per_count_results(Experiment& e, const RowCosts& rows) {
  std::vector<CountResult> out;
  if (!e.condition.by_columns()) return out;
  const int64_t columns = e.data.test.columns();
  out.resize(size_t(columns) + 1);
  for (size_t k = 0; k < out.size(); ++k) {
    out[k].given = int64_t(k);
    out[k].active = std::nan("");  // until it is looked at
  }
  for (size_t r = 0; r < rows.kl.size(); ++r) {  // means over the rows with that count, under the count itself
    CountResult& c = out[size_t(rows.given[r])];
    ++c.rows;
    c.distortion += rows.distortion[r];
    c.kl += rows.kl[r];
  }
  for (CountResult& c : out) {
    c.distortion /= double(c.rows);
    c.kl /= double(c.rows);
  }
  e.model->train(false);
  const NoGrad no_grad;
  for (int64_t given : subset_sizes(columns, columns <= all_subsets_up_to ? columns + 1 : most_sizes))
    add_latents(e, out[size_t(given)]);
  e.model->train(true);
  return out;
}

}  // namespace elbow
