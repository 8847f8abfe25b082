#include "experiments/analyses/factor_scores.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"
#include "metrics/aggregate_posterior.hpp"
#include "metrics/disentanglement.hpp"
#include "metrics/mutual_information.hpp"
#include "metrics/random_forest.hpp"

namespace elbow {
namespace {

constexpr double active_unit_variance = 0.01;
constexpr int64_t held_out_every = 4;  // every fourth row is held out from the forests

std::vector<int64_t> rows_with_factors(const Dataset& set, const std::vector<const Attribute*>& factors,
                                       int64_t most) {
  std::vector<int64_t> known, rows;
  for (int64_t r = 0; r < set.rows(); ++r)
    if (std::none_of(factors.begin(), factors.end(),
                     [&](const Attribute* f) { return std::isnan(f->values[size_t(r)]); }))
      known.push_back(r);
  for (const int64_t i : evenly_spread(int64_t(known.size()), most)) rows.push_back(known[size_t(i)]);
  return rows;
}

// Rows with the same attributes get the same number.
void group_by_attributes(const Dataset& set, FactorRows& out) {
  std::map<std::vector<float>, int64_t> numbers;
  for (const int64_t r : out.rows) {
    std::vector<float> own;
    for (const Attribute& a : set.attributes) own.push_back(a.values[size_t(r)]);
    out.group.push_back(numbers.emplace(std::move(own), int64_t(numbers.size())).first->second);
  }
  out.own_conditions = std::any_of(set.attributes.begin(), set.attributes.end(),
                                   [](const Attribute& a) { return !a.categorical(); });
}

std::vector<double> values_of_factor(const Attribute& factor, const std::vector<int64_t>& rows) {
  std::vector<double> values;
  for (const int64_t r : rows) values.push_back(double(factor.values[size_t(r)]));
  return values;
}

std::vector<int32_t> labels_of_factor(const Attribute& factor, const std::vector<double>& values) {
  return factor.categorical() ? std::vector<int32_t>(values.begin(), values.end()) : equal_width_bins(values);
}

// Some latents of the rows, or of those that are held out.
Matrix inputs_of(const FactorRows& rows, const std::vector<int64_t>& latents, bool held_out) {
  std::vector<double> values;
  const size_t all = rows.latent_kl.size();
  int64_t n = 0;
  for (size_t r = 0; r < rows.rows.size(); ++r) {
    if ((int64_t(r) % held_out_every == 0) != held_out) continue;
    ++n;
    for (const int64_t l : latents) values.push_back(rows.mean[r * all + size_t(l)]);
  }
  return {n, int64_t(latents.size()), std::move(values)};
}

ForestTarget target_of(const Attribute& factor, const std::vector<double>& values, bool held_out) {
  ForestTarget target{{}, factor.categorical() ? int64_t(factor.classes()) : 0};
  for (size_t r = 0; r < values.size(); ++r)
    if ((int64_t(r) % held_out_every == 0) == held_out) target.values.push_back(values[r]);
  return target;
}

void add_information(const Experiment& e, const FactorRows& rows, Findings::Factors& out) {
  const Shape shape{int64_t(rows.rows.size()), int64_t(rows.latent_kl.size())};
  double kl = 0;
  for (const double k : rows.kl) kl += k / double(rows.kl.size());
  out.kl = kl;
  if (rows.own_conditions) return;
  const KlParts parts = kl_parts(Tensor::from(rows.mean, shape), Tensor::from(rows.log_var, shape), rows.kl,
                                 rows.group, {e.seed, stream::factors, 0});
  out.kl = parts.kl;
  out.information = parts.information;
  out.information_above = parts.information_above;
  out.largest_information = parts.largest_information;
  out.prior_part = parts.prior_part;
}

}  // namespace

FactorRows factor_rows(const Experiment& e) {
  const Evaluating evaluating(*e.model);
  const Dataset& set = e.data.test;
  FactorRows out;
  out.factors = factors_of(set);
  out.rows = rows_with_factors(set, out.factors, e.evaluation.factor_rows);
  out.latent_kl.assign(size_t(e.model->latents()), 0.0);
  const bool give_all = e.condition.by_attributes() && !e.condition.may_withhold();
  if (give_all) group_by_attributes(set, out);
  const Mask given(size_t(e.condition.features()), give_all);
  const std::span<const int64_t> index(out.rows);
  Condition::Drawn drawn;
  for (size_t first = 0; first < index.size(); first += size_t(evaluation_batch_rows)) {
    const auto part = index.subspan(first, std::min(size_t(evaluation_batch_rows), index.size() - first));
    const Batch batch = rows_of(set, part);
    e.condition.give(batch, given, drawn);
    const Posterior q = e.model->encode(batch.input, drawn.c).marginals();
    const auto append = [](std::vector<double>& to, const Tensor& t) {
      const auto values = t.to_vector<double>();
      to.insert(to.end(), values.begin(), values.end());
    };
    append(out.mean, q.mu);
    append(out.log_var, q.log_var);
    append(out.kl, kl_of_rows(*e.model, e.loss, q, drawn.c, e.seed, uint64_t(first)));
    const auto kl = latent_kl(e, q, drawn.c);
    for (size_t l = 0; l < kl.size(); ++l)
      out.latent_kl[l] += kl[l] * double(part.size()) / double(index.size());
  }
  return out;
}

int64_t active_units(const std::vector<double>& mean, int64_t latents) {
  const auto n = double(mean.size()) / double(latents);
  int64_t active = 0;
  for (int64_t l = 0; l < latents; ++l) {
    double sum = 0, squares = 0;
    for (size_t i = size_t(l); i < mean.size(); i += size_t(latents)) sum += mean[i];
    for (size_t i = size_t(l); i < mean.size(); i += size_t(latents))
      squares += (mean[i] - sum / n) * (mean[i] - sum / n);
    active += squares / (n - 1) > active_unit_variance ? 1 : 0;
  }
  return active;
}

FactorMap factor_map(const Experiment& e, const FactorRows& rows,
                     const std::function<void(int64_t, int64_t)>& tell) {
  FactorMap map;
  const auto latents = int64_t(rows.latent_kl.size()), factors = int64_t(rows.factors.size());
  for (const int64_t l : latents_by_kl(rows.latent_kl))
    if (rows.latent_kl[size_t(l)] > e.evaluation.active_kl) {
      map.latents.push_back(l);
      map.kl.push_back(rows.latent_kl[size_t(l)]);
    }
  const auto active = int64_t(map.latents.size());
  map.scores.rows = int64_t(rows.rows.size());
  map.scores.active = active;
  map.scores.active_units = active_units(rows.mean, latents);
  add_information(e, rows, map.scores);

  std::vector<std::vector<int32_t>> latent_bins;
  for (const int64_t l : map.latents) {
    std::vector<double> means;
    for (size_t r = 0; r < rows.rows.size(); ++r) means.push_back(rows.mean[r * size_t(latents) + size_t(l)]);
    latent_bins.push_back(equal_width_bins(means));
  }
  const Matrix learned = inputs_of(rows, map.latents, false), held_out = inputs_of(rows, map.latents, true);
  map.information = map.importance = Matrix(active, factors);
  for (int64_t k = 0; k < factors; ++k) {
    tell(k, factors);
    const Attribute& factor = *rows.factors[size_t(k)];
    const std::vector<double> values = values_of_factor(factor, rows.rows);
    const std::vector<int32_t> labels = labels_of_factor(factor, values);
    map.scores.names.push_back(factor.feature.name);
    map.categorical.push_back(factor.categorical());
    map.entropies.push_back(entropy_of(labels));
    const ForestSettings settings;
    const RandomForest forest(learned, target_of(factor, values, false),
                              {e.seed, stream::factors, uint64_t(1 + k * settings.trees)}, settings);
    map.scores.informativeness.push_back(forest.score(held_out, target_of(factor, values, true)));
    for (int64_t l = 0; l < active; ++l) {
      map.information(l, k) = mutual_information(latent_bins[size_t(l)], labels);
      map.importance(l, k) = forest.importances()[size_t(l)];
    }
  }
  map.scores.gap = mutual_information_gap(map.information, map.entropies);
  const Disentanglement separated = disentanglement_of(map.importance);
  map.scores.disentanglement = separated.disentanglement;
  map.scores.completeness = separated.completeness;
  return map;
}

}  // namespace elbow
