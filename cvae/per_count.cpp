#include <algorithm>
#include <cmath>

#include "cvae/evaluation.hpp"
#include "cvae/subsets.hpp"

namespace elbow {
namespace {

constexpr int64_t all_subsets_up_to = 8;  // features
constexpr int64_t most_sizes = 17;        // that are evaluated in wide sets
constexpr int64_t most_rows = 4096;       // encoded under one subset

// Test rows where all features of a subset are present: up to `most` of them, from row `first` on, cyclically. So
// subsets use different rows where there are enough.
std::vector<int64_t> rows_that_show(const Dataset& set, const Mask& subset, int64_t first, int64_t most) {
  const float* observed = set.observed ? set.observed.data<float>() : nullptr;  // [rows, columns]
  const auto shows = [&](int64_t r) {
    for (size_t f = 0; f < subset.size(); ++f)
      if (subset[f] && observed[r * set.columns() + set.features[f].first] == 0) return false;
    return true;
  };
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < set.rows() && int64_t(rows.size()) < most; ++i) {
    const int64_t r = (first + i) % set.rows();
    if (!observed || shows(r)) rows.push_back(r);
  }
  return rows;
}

// Fills in what is counted subset by subset. Two subsets of one size may use different latents: an average over their
// rows would count both, so each subset is sorted and counted by itself, and the counts are averaged.
void add_latents(const Experiment& e, CountResult& result) {
  const int64_t features = e.condition.features(), total = e.data.test.rows();
  const int64_t most = features <= all_subsets_up_to ? int64_t{1} << features : e.evaluation.subsets;
  const auto subsets = subsets_of_size(features, result.given, most, e.seed);
  const int64_t each =
      std::min(most_rows, std::max(std::min<int64_t>(256, total), total / int64_t(subsets.size())));
  double looked_at = 0, active = 0;
  std::vector<double> sum(size_t(e.model->latents()), 0);
  for (size_t s = 0; s < subsets.size(); ++s) {
    const auto rows = rows_that_show(e.data.test, subsets[s], int64_t(s) * each, each);
    if (rows.empty()) continue;
    auto kl = encode_under(e, rows, subsets[s]).kl;
    std::sort(kl.begin(), kl.end(), std::greater<>());
    for (size_t l = 0; l < kl.size(); ++l) sum[l] += kl[l];
    active += count_active(kl, e.evaluation.active_kl);
    ++looked_at;
  }
  if (looked_at == 0) return;  // no row shows as much
  for (double& kl : sum) kl /= looked_at;
  result.kl_per_latent = sum;
  result.active = active / looked_at;
  if (!e.optimum) return;
  // Two distributions where entries are missing: distortion and KL are those of the test rows with that count, the latents those of
  // rows that show a subset, whatever else they show (see at_count).
  const MissingDistribution& missing = e.data.test.missing;
  const int64_t masks = e.optimum_masks(/*least=*/2);  // of each of up to 17 sizes
  result.optimum = e.optimum->at_count(result.given, masks, 1, missing, e.condition.given());
  if (!missing.any()) return;
  AverageOptimum latents = e.optimum->at_count(result.given, masks, 1, missing, 0);
  result.optimum->active = latents.active;
  result.optimum->kl_per_latent = std::move(latents.kl_per_latent);
}

}  // namespace

std::vector<CountResult> per_count_results(const Experiment& e, const RowLosses& rows) {
  std::vector<CountResult> out;
  if (!e.condition.counts_given()) return out;
  const int64_t features = e.condition.features();
  std::vector<RowLosses> by_count(size_t(features) + 1);
  for (size_t r = 0; r < rows.kl.size(); ++r) {
    RowLosses& c = by_count[size_t(rows.given[r])];
    c.distortion.push_back(rows.distortion[r]);
    c.kl.push_back(rows.kl[r]);
    if (r < rows.excess.size()) c.excess.push_back(rows.excess[r]);
  }
  for (RowLosses& c : by_count) {
    c.beta = rows.beta;
    out.push_back({result_of(c), int64_t(out.size())});
  }
  for (int64_t given : subset_sizes(features, features <= all_subsets_up_to ? features + 1 : most_sizes))
    add_latents(e, out[size_t(given)]);
  return out;
}

}  // namespace elbow
