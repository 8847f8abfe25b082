#include "cvae/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "autograd/operators.hpp"
#include "base/parallel.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
namespace {

constexpr double tie =
    1e-10;  // losses that differ by less than this share of the loss with nothing given are equal

Optimum optimum_of(const Matrix& conditional, double beta) {
  Optimum sum;
  for (const double variance : symmetric_eigenvalues(conditional))
    if (variance > 0)
      sum += axis_optimum(variance, beta);  // else a rounded zero: nothing is lost along this axis
  return sum;
}

/// The covariance of the others once column j is known too: the Schur complement C - c_j c_j^T / C_jj without row and
/// column j. A column whose variance is not above `zero` is known already and adds no information.
Matrix without(const Matrix& c, std::int64_t j, double zero) {
  const double scale = c(j, j) > zero ? 1 / c(j, j) : 0;
  Matrix rest(c.rows - 1, c.rows - 1);
  for (std::int64_t r = 0; r < rest.rows; ++r)
    for (std::int64_t k = 0; k < rest.rows; ++k) {
      const std::int64_t from_r = r + (r >= j), from_k = k + (k >= j);
      rest(r, k) = c(from_r, from_k) - c(from_r, j) * c(from_k, j) * scale;
    }
  return rest;
}

}  // namespace

GreedyOrder greedy_order(const Matrix& covariance, double beta) {
  const std::int64_t d = covariance.rows;
  const GaussianOptimum checked(std::vector<double>(std::size_t(d), 0.0), covariance, beta);
  GreedyOrder order;
  order.nothing_given = optimum_of(covariance, beta);

  Matrix left = covariance;              // of the columns not yet given, given the others
  std::vector<std::int64_t> columns(d);  // which they are
  std::iota(columns.begin(), columns.end(), 0);
  while (!columns.empty()) {
    std::vector<Optimum> candidates(columns.size());
    const auto rest = [&](std::int64_t i) {
      return without(left, i, rank_tolerance(d) * covariance(columns[i], columns[i]));
    };
    parallel_tasks(std::int64_t(columns.size()),
                   [&](std::int64_t i) { candidates[i] = optimum_of(rest(i), beta); });
    if (order.steps.empty()) order.first = candidates;
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < std::int64_t(columns.size()); ++i)
      if (candidates[i].loss < candidates[best].loss - tie * order.nothing_given.loss) best = i;
    order.steps.push_back({columns[best], candidates[best]});
    left = rest(best);
    columns.erase(columns.begin() + best);
  }
  return order;
}

namespace {

constexpr int64_t block_rows = 512;         // that one candidate brings into a stack
constexpr uint64_t own_steps = 1ull << 32;  // apart from the noise of test_losses, in the same stream

// Test rows, and the encoder's noise on them, which all subsets share.
class CommonRows {
 public:
  CommonRows(const Experiment& e, const SelectionSettings& s)
      : e_(e), settings_(s), rows_(selection_rows(e.data.test, s.rows)) {}

  // The losses of the rows under each of the subsets.
  std::vector<RowLosses> losses(const std::vector<Mask>& subsets) {
    RowLosses none;
    none.beta = e_.loss.beta;
    std::vector<RowLosses> out(subsets.size(), none);
    for (size_t first = 0; first < rows_.size(); first += block_rows) {
      const std::span block =
          std::span(rows_).subspan(first, std::min<size_t>(block_rows, rows_.size() - first));
      const auto noise = noise_of(first, int64_t(block.size()));
      const size_t stack = std::max<size_t>(1, size_t(settings_.stacked_rows) / block.size());
      for (size_t s = 0; s < subsets.size(); s += stack) {
        const size_t n = std::min(stack, subsets.size() - s);
        add_losses(block, noise, std::span(subsets).subspan(s, n), std::span(out).subspan(s, n));
      }
    }
    return out;
  }

 private:
  // Of each draw: [rows, latents].
  std::vector<Tensor> noise_of(size_t first, int64_t rows) const {
    std::vector<Tensor> noise;
    for (int64_t d = 0; d < settings_.draws; ++d)
      noise.push_back(normal(
          evaluation_noise(e_.seed, own_steps + uint64_t(int64_t(first / block_rows) * settings_.draws + d)),
          {rows, e_.model->latents()}, 0, 1, DType::float32, e_.model->device()));
    return noise;
  }

  // The rows of `block` once for each subset, one below the other, in one pass through the model.
  void add_losses(std::span<const int64_t> block, const std::vector<Tensor>& noise,
                  std::span<const Mask> subsets, std::span<RowLosses> out) {
    const int64_t n = int64_t(subsets.size()), rows = int64_t(block.size());
    std::vector<int64_t> index;
    for (int64_t s = 0; s < n; ++s) index.insert(index.end(), block.begin(), block.end());
    const Batch on_host = rows_of(e_.data.test, index);
    e_.condition.give(on_host, subsets, drawn_);
    const Device device = e_.model->device();
    const Batch batch = on_device(on_host, device);
    const Tensor c = drawn_.c.to(device);
    const Posterior q = e_.model->encode(batch.input, c);
    const ConditionedPrior p = e_.model->prior(c);
    std::vector<double> distortion(index.size(), 0), kl(index.size(), 0);
    if (p.is_normal()) kl = kl_of(e_.loss, q, p, {}, Reduction::per_row).to_vector<double>();
    for (const Tensor& each : noise) {
      // The noise [rows, latents] is the same for each subset.
      const Tensor z = e_.loss.autoencoder ? q.mu : reparameterise(q, repeated(each, n));
      const auto errors = distortion_of(e_.loss, e_.model->decode(z, c), batch, c, true).to_vector<double>();
      for (size_t r = 0; r < errors.size(); ++r) distortion[r] += errors[r] / double(noise.size());
      if (p.is_normal()) continue;
      const auto part = kl_of(e_.loss, q, p, z, Reduction::per_row).to_vector<double>();
      for (size_t r = 0; r < part.size(); ++r) kl[r] += part[r] / double(noise.size());
    }
    for (int64_t s = 0; s < n; ++s) {
      RowLosses& losses = out[size_t(s)];
      losses.distortion.insert(losses.distortion.end(), distortion.begin() + s * rows,
                               distortion.begin() + (s + 1) * rows);
      losses.kl.insert(losses.kl.end(), kl.begin() + s * rows, kl.begin() + (s + 1) * rows);
    }
  }

  const Experiment& e_;
  const SelectionSettings settings_;
  const std::vector<int64_t> rows_;
  Condition::Drawn drawn_;
};

// The mean over the rows of the loss before less the loss after.
Estimate gain_of(const RowLosses& before, const RowLosses& after) {
  std::vector<double> gain(before.kl.size());
  for (size_t r = 0; r < gain.size(); ++r)
    gain[r] = (before.distortion[r] - after.distortion[r]) + before.beta * (before.kl[r] - after.kl[r]);
  return estimate_of(gain);
}

}  // namespace

SelectionSettings selection_settings(const Experiment& e) {
  const int64_t features = e.condition.features(), subsets = features * (features + 1) / 2;
  constexpr int64_t work = 3'000'000;  // rows through the model, if all steps are full
  const int64_t rows = std::clamp<int64_t>(work / std::max<int64_t>(1, subsets), 512, 4096);
  SelectionSettings settings{e.evaluation.selection_rows.value_or(rows)};
  if (features > 32) settings.full_step_every = 16;
  return settings;
}

std::vector<int64_t> selection_rows(const Dataset& test, int64_t rows) {
  return evenly_spread(test.rows(), rows);
}

namespace {

// A feature that may be given next, and what it was worth when it was last tried.
struct Candidate {
  int64_t feature;
  double gain = std::numeric_limits<double>::infinity();
};

// One step of greedy_selection.
struct TriedStep {
  std::vector<SelectionStep> tried;
  size_t best = 0;        // of them
  RowLosses best_losses;  // with it given
};

// Tries candidates, `at_once` side by side, until none that is left was worth more than the best of them; notes their gains.
TriedStep try_candidates(CommonRows& common, const Mask& given, const RowLosses& before, size_t at_once,
                         std::vector<Candidate>& candidates) {
  std::vector<Candidate*> order;  // the largest known gain first; of equal ones the first feature
  for (Candidate& c : candidates) order.push_back(&c);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->gain > b->gain; });
  TriedStep out;
  for (size_t first = 0; first < order.size(); first += at_once) {
    if (first > 0 && out.tried[out.best].gain.mean > order[first]->gain) break;
    const std::span now = std::span(order).subspan(first, std::min(at_once, order.size() - first));
    std::vector<Mask> subsets;
    for (const Candidate* c : now) {
      subsets.push_back(given);
      subsets.back()[size_t(c->feature)] = true;
    }
    std::vector<RowLosses> losses = common.losses(subsets);
    for (size_t i = 0; i < now.size(); ++i) {
      out.tried.push_back({now[i]->feature, losses_of(losses[i]), gain_of(before, losses[i])});
      const SelectionStep &step = out.tried.back(), &best = out.tried[out.best];
      now[i]->gain = std::isnan(step.gain.mean) ? -std::numeric_limits<double>::infinity() : step.gain.mean;
      const bool better =
          step.gain.mean > best.gain.mean || (step.gain.mean == best.gain.mean && step.feature < best.feature);
      if (out.tried.size() > 1 && !better) continue;
      out.best = out.tried.size() - 1;
      out.best_losses = std::move(losses[i]);
    }
  }
  return out;
}

}  // namespace

GreedySelection greedy_selection(const Experiment& e, const SelectionSettings& settings,
                                 const std::function<void(int64_t)>& progress) {
  if (!e.condition.by_columns()) fail("selection", "the condition is not made of features");
  if (settings.rows < 1 || settings.draws < 1)
    fail("selection", "expects at least one row and one draw, not ", settings.rows, " and ", settings.draws);
  if (settings.full_step_every < 1 || settings.tried_at_once < 1)
    fail("selection", "expects at least one step and one candidate");
  const Evaluating evaluating(*e.model);
  CommonRows common(e, settings);
  Mask given(size_t(e.condition.features()), false);
  RowLosses before = common.losses({given})[0];
  GreedySelection out;
  out.steps.push_back({-1, losses_of(before), {std::nan(""), std::nan("")}});
  std::vector<Candidate> candidates;
  for (int64_t f = 0; f < e.condition.features(); ++f) candidates.push_back({f});
  for (int64_t chosen = 0; !candidates.empty(); ++chosen) {
    if (progress) progress(chosen);
    const bool full = chosen % settings.full_step_every == 0;
    TriedStep step = try_candidates(common, given, before,
                                    full ? candidates.size() : size_t(settings.tried_at_once), candidates);
    if (chosen == 0) out.first = step.tried;  // all of them, in the order of the features
    const int64_t feature = step.tried[step.best].feature;
    out.steps.push_back(step.tried[step.best]);
    given[size_t(feature)] = true;
    before = std::move(step.best_losses);
    std::erase_if(candidates, [&](const Candidate& c) { return c.feature == feature; });
  }
  return out;
}

std::optional<GreedyOrder> exact_order(const Experiment& e) {
  constexpr int64_t most_columns = 64;  // it costs O(columns^5)
  const GaussianOptimum* optimum = e.gaussian_optimum();
  if (!optimum || optimum->columns() > most_columns) return {};
  return greedy_order(optimum->covariance(), optimum->beta());
}

std::vector<Mask> subsets_of(const std::vector<SelectionStep>& steps) {
  std::vector<Mask> subsets;
  Mask given(steps.size() - 1, false);
  for (const SelectionStep& step : steps) {
    if (step.feature >= 0) given[size_t(step.feature)] = true;
    subsets.push_back(given);
  }
  return subsets;
}

}  // namespace elbow
