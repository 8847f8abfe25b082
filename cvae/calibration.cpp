#include "cvae/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autograd/ops.hpp"
#include "base/parallel.hpp"
#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/exact_forecasts.hpp"
#include "cvae/likelihood.hpp"
#include "cvae/sampling.hpp"
#include "data/table_codec.hpp"

namespace elbow {
namespace {

// What is known of one withheld entry.
struct ScoredEntry {
  PitInterval pit = {0, 1};
  double u = 0;  // drawn from it
  double score = 0, exact = no_number;
  bool scored = false;
};

// A block of rows, what is given of them, and draws from the model.
struct ForecastBlock {
  int64_t first = 0, rows = 0;  // in the test set
  const float *x = nullptr, *mask = nullptr,
              *observed = nullptr;  // [rows, columns]; observed: null where all are
  std::vector<float> draws;         // [rows, columns, draws], of what is withheld
};

// The category of one-hot columns v [width].
int64_t category(const float* v, int64_t width) { return std::max_element(v, v + width) - v; }

// Scores forecasts, and keeps what was found of each row.
class CalibrationScores {
 public:
  CalibrationScores(const Experiment& e, int64_t rows)
      : features_(e.data.test.features),
        codec_(e.data.test.codec.get()),
        columns_(e.data.test.columns()),
        draws_(e.evaluation.calibration_draws),
        seed_(e.seed),
        rows_(rows),
        entries_(size_t(rows) * features_.size()),
        energy_(size_t(rows)) {
    if (e.data.test.gaussian && ExactForecasts::most_rows(columns_) > 0) exact_.emplace(*e.data.test.gaussian);
  }

  void add(const ForecastBlock& block) {
    if (exact_) {
      const int64_t left = std::max<int64_t>(0, ExactForecasts::most_rows(columns_) - block.first);
      exact_->prepare(block.mask, block.observed, std::min(block.rows, left));
    }
    parallel_for(block.rows, 64 * int64_t(block.draws.size()), [&](int64_t r) { add_row(block, r); });
  }

  CalibrationResult result() const {
    CalibrationResult out;
    out.rows = rows_, out.draws = draws_;
    std::vector<size_t> numeric, discrete;
    for (size_t f = 0; f < features_.size(); ++f) {
      const bool number = is_numeric(features_[f].kind);
      (number ? numeric : discrete).push_back(f);
      Calibration c = number ? summary({f}, {}) : summary({}, {f});
      c.name = features_[f].name, c.feature = int64_t(f);
      out.features.push_back(std::move(c));
    }
    out.all = summary(numeric, discrete);
    out.all.name = "all";
    out.all.energy = score_of({0}, [&](size_t row, size_t) -> const ScoredEntry& { return energy_[row]; });
    return out;
  }

 private:
  void add_row(const ForecastBlock& block, int64_t r) {
    const size_t row = size_t(block.first + r);
    const float *x = block.x + r * columns_, *mask = block.mask + r * columns_;
    RandomBits bits({seed_, stream::calibration_truth, 2 * row});  // one number for each feature, scored or not
    std::vector<int64_t> numbers;                                  // columns of withheld numbers
    for (size_t f = 0; f < features_.size(); ++f) {
      const double u = (double(bits()) + 0.5) / 4294967296.0;
      const Feature& feature = features_[f];
      if (mask[feature.first] == 1 || (block.observed && block.observed[r * columns_ + feature.first] == 0))
        continue;
      const float* draws = &block.draws[size_t((r * columns_ + feature.first) * draws_)];
      ScoredEntry& entry = entries_[row * features_.size() + f];
      entry.scored = true;
      if (is_numeric(feature.kind)) {
        numbers.push_back(feature.first);
        score_number(entry, f, draws, x[feature.first]);
      } else {
        score_category(entry, feature, draws, x + feature.first);
      }
      entry.u = entry.pit.low + u * (entry.pit.high - entry.pit.low);
    }
    if (numbers.empty()) return;
    energy_[row].scored = true;
    energy_[row].score = energy(block, r, numbers);
    if (exact_ && exact_->knows(r)) score_exact(x, r, row);
  }

  void score_number(ScoredEntry& entry, size_t f, const float* draws, float truth) const {
    std::vector<float> sorted(draws, draws + draws_);
    std::sort(sorted.begin(), sorted.end());
    entry.score = fair_crps(sorted, truth);
    // Counts on a logarithmic scale tie where they are the same count, for all rounding.
    if (codec_ && is_count(features_[f].kind)) {
      const auto count = [&](float x) { return float(std::round(codec_->scales()[f].value_of(x))); };
      std::transform(sorted.begin(), sorted.end(), sorted.begin(), count);
      truth = count(truth);
    }
    entry.pit = pit_interval(sorted, truth);
  }

  // Categories in the order of their numbers: for the PIT of a calibrated model any order will do.
  void score_category(ScoredEntry& entry, const Feature& feature, const float* draws, const float* x) const {
    const bool binary = feature.kind == FeatureKind::binary;
    std::vector<float> drawn(size_t(draws_), 0);
    for (int64_t m = 0; m < draws_; ++m)
      for (int64_t k = 0; k < feature.width; ++k)
        if (draws[k * draws_ + m] == 1) drawn[size_t(m)] = binary ? 1 : float(k);
    const float truth = binary ? x[0] : float(category(x, feature.width));
    for (int64_t k = binary ? 1 : 0; k < std::max<int64_t>(2, feature.width); ++k)
      entry.score += fair_brier(std::count(drawn.begin(), drawn.end(), float(k)), draws_, truth == float(k));
    entry.pit = pit_interval(drawn, truth);
  }

  double energy(const ForecastBlock& block, int64_t r, const std::vector<int64_t>& numbers) const {
    std::vector<float> draws(size_t(draws_) * numbers.size()), truth;
    for (size_t i = 0; i < numbers.size(); ++i) {
      truth.push_back(block.x[r * columns_ + numbers[i]]);
      for (int64_t m = 0; m < draws_; ++m)
        draws[size_t(m) * numbers.size() + i] = block.draws[size_t((r * columns_ + numbers[i]) * draws_ + m)];
    }
    return fair_energy_score(draws, truth);
  }

  void score_exact(const float* x, int64_t r, size_t row) {
    const auto& forecast = exact_->of_row(r);
    const std::vector<int64_t>& withheld = forecast.law.columns.withheld;
    const std::vector<double> means = exact_->means(forecast, x);
    std::vector<float> truth;
    for (size_t w = 0; w < withheld.size(); ++w) {  // a Gaussian set has one column a feature
      const double variance = forecast.law.covariance(int64_t(w), int64_t(w));
      truth.push_back(x[withheld[w]]);
      entries_[row * features_.size() + size_t(withheld[w])].exact =
          normal_crps(truth[w], means[w], std::sqrt(std::max(0.0, variance)));
    }
    const RandomKey key{seed_, stream::calibration_truth, 2 * row + 1};
    energy_[row].exact = fair_energy_score(ExactForecasts::draw(forecast, means, draws_, key), truth);
  }

  // The mean over the rows of value(row, f) for those of `features` that are scored there, and for which it is a number.
  template <class Entry, class Value>
  Estimate mean_of(const std::vector<size_t>& features, const Entry& entry, const Value& value) const {
    std::vector<double> sums(size_t(rows_), 0);
    std::vector<int64_t> counts(size_t(rows_), 0);
    for (size_t row = 0; row < size_t(rows_); ++row)
      for (const size_t f : features) {
        const ScoredEntry& e = entry(row, f);
        const double v = e.scored ? value(e) : no_number;
        if (!std::isnan(v)) sums[row] += v, ++counts[row];
      }
    return grouped_mean(sums, counts);
  }
  template <class Entry>
  Calibration::Score score_of(const std::vector<size_t>& features, const Entry& entry) const {
    return {mean_of(features, entry, [](const ScoredEntry& e) { return e.score; }),
            mean_of(features, entry, [](const ScoredEntry& e) { return e.exact; }),
            mean_of(features, entry, [](const ScoredEntry& e) { return e.score - e.exact; })};
  }

  Calibration summary(const std::vector<size_t>& numeric, const std::vector<size_t>& discrete) const {
    const auto entry = [&](size_t row, size_t f) -> const ScoredEntry& {
      return entries_[row * features_.size() + f];
    };
    Calibration out;
    out.numeric = !numeric.empty();
    for (const auto* features : {&numeric, &discrete})
      for (size_t row = 0; row < size_t(rows_); ++row)
        for (const size_t f : *features) out.entries += entry(row, f).scored;
    for (size_t p = 0; p < out.coverage.size(); ++p)
      out.coverage[p] = mean_of(
          numeric, entry, [p](const ScoredEntry& e) { return e.pit.covered(Calibration::probabilities[p]); });
    out.crps = score_of(numeric, entry);
    out.brier = score_of(discrete, entry).model;
    add_histogram(out, out.numeric ? numeric : discrete);
    return out;
  }

  void add_histogram(Calibration& out, const std::vector<size_t>& features) const {
    constexpr auto bins = size_t(Calibration::bins);
    std::vector<std::array<double, bins>> counts(size_t(rows_), std::array<double, bins>{});
    std::array<double, bins> total{};
    double n = 0;
    for (size_t row = 0; row < size_t(rows_); ++row)
      for (const size_t f : features) {
        const ScoredEntry& e = entries_[row * features_.size() + f];
        if (!e.scored) continue;
        const size_t bin = std::min(bins - 1, size_t(e.u * double(bins)));
        ++counts[row][bin], ++total[bin], ++n;
      }
    if (n == 0) return;
    // The variance of a bin's count, averaged over the bins. Entries of a row depend on each other, so it is taken over rows.
    double variance = 0, squares = 0;
    for (const auto& row : counts) {
      double of_row = 0;
      for (const double count : row) of_row += count;
      for (size_t b = 0; b < bins; ++b) variance += std::pow(row[b] - of_row * total[b] / n, 2) / double(bins);
    }
    const double unit = n / double(bins);  // the count of a bin where all are alike
    for (size_t b = 0; b < bins; ++b) {
      out.pit[b] = total[b] / unit;
      squares += std::pow(total[b] - unit, 2) / double(bins);
    }
    // The quantile 1 - 0.05 / (2 bins): each bin may stray by chance (Bonferroni).
    out.band = normal_quantile(20 * Calibration::bins - 1, 20 * Calibration::bins) * std::sqrt(variance) / unit;
    if (variance > 0) out.deviation = std::sqrt(squares / variance);  // not of one row
  }

  const std::vector<Feature>& features_;
  const TableCodec* codec_;  // null: the set is no table
  const int64_t columns_, draws_;
  const uint64_t seed_;
  const int64_t rows_;
  std::vector<ScoredEntry> entries_;  // [rows, features]
  std::vector<ScoredEntry> energy_;   // [rows]: the numbers of a row together
  std::optional<ExactForecasts> exact_;
};

// Draws from p(x_withheld | x_given) under the conditions c [rows, width], draw by draw, into block.draws.
void draw_forecasts(const Experiment& e, const Tensor& c, ForecastBlock& block) {
  const int64_t columns = e.data.test.columns(), draws = e.evaluation.calibration_draws;
  block.draws.assign(size_t(block.rows * columns * draws), 0);
  const ConditionedPrior prior = e.model->prior(c);
  for (int64_t m = 0; m < draws; ++m) {
    const RandomKey key{e.seed, stream::calibration, uint64_t(m) << 32 | uint64_t(block.first)};
    const Tensor noise = normal(key, {block.rows, e.model->latents()}, 0, 1, DType::float32, c.device());
    const Tensor z = prior_draw(prior, noise, key);
    const Tensor x =
        observed_values(*e.model, e.loss, e.data.test.features, z, c, {.learned = true, .noise = true}, key);
    const float* from = x.data<float>();
    for (int64_t i = 0; i < block.rows * columns; ++i)
      if (block.mask[i] == 0) block.draws[size_t(i * draws + m)] = from[i];
  }
}

}  // namespace

bool has_calibration(const Experiment& e) {
  constexpr int64_t most_columns = 512;
  return e.condition.counts_given() && (e.condition.uniform() || e.condition.given() < 1) &&
         e.data.test.columns() <= most_columns && why_no_likelihood(e).empty();
}

CalibrationResult calibration_of(const Experiment& e) {
  if (!has_calibration(e)) fail("calibration", "the model has no conditional distributions of columns");
  const Evaluating evaluating(*e.model);
  Batches batches(e.data.test, evaluation_batch_rows, LastBatch::keep);
  const int64_t rows = std::min(e.evaluation.calibration_rows, e.data.test.rows()), d = e.data.test.columns();
  constexpr int64_t most_elements = 1 << 23;  // that hold the draws: 32 MiB
  const int64_t at_once = std::max<int64_t>(1, most_elements / (d * e.evaluation.calibration_draws));
  CalibrationScores scores(e, rows);
  Condition::Drawn drawn;
  for (int64_t b = 0; b * evaluation_batch_rows < rows; ++b) {
    const Batch& batch = batches.get(b);
    e.condition.draw(batch, {e.seed, stream::evaluation_masks, uint64_t(b)}, drawn);
    const int64_t in_batch = std::min(batch.x.size(0), rows - b * evaluation_batch_rows);
    for (int64_t first = 0; first < in_batch; first += at_once) {
      ForecastBlock block;
      block.first = b * evaluation_batch_rows + first;
      block.rows = std::min(at_once, in_batch - first);
      block.x = batch.x.data<float>() + first * d;
      block.mask = drawn.mask.data<float>() + first * d;
      if (batch.observed) block.observed = batch.observed.data<float>() + first * d;
      const bool whole = block.rows == batch.x.size(0);
      const Tensor c = whole ? drawn.c : slice(drawn.c, 0, first, first + block.rows);
      draw_forecasts(e, c.to(e.model->device()), block);
      scores.add(block);
    }
  }
  return scores.result();
}

}  // namespace elbow
