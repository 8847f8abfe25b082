#include "cvae/inpainting.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/ops.hpp"
#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
namespace {

constexpr int64_t inpainted_at_once = 128;  // rows; fixed, as their noise depends on it

// Test rows first, first + 1, ... with their condition. Draws are of whole batches, so that more rows change none.
struct HoledBatch {
  std::vector<int64_t> index;
  Batch batch;
  Condition::Drawn drawn;

  HoledBatch(const Experiment& e, const InpaintingSettings& s, int64_t number)
      : index(size_t(rows_in(e, number))) {
    std::iota(index.begin(), index.end(), number * inpainted_at_once);
    batch = rows_of(e.data.test, index);
    drawn.mask = Tensor::zeros({int64_t(index.size()), e.data.test.columns()});
    draw_pixel_mask({s.seed, stream::holes, uint64_t(number)}, s.masks, drawn.mask);
    e.condition.apply(batch, drawn);
  }
  HoledBatch(const HoledBatch&) = delete;
  HoledBatch& operator=(const HoledBatch&) = delete;

 private:
  static int64_t rows_in(const Experiment& e, int64_t number) {
    return std::min(inpainted_at_once, e.data.test.rows() - number * inpainted_at_once);
  }
};

Completions complete(const Experiment& e, const InpaintingSettings& s, const HoledBatch& holed,
                     int64_t number) {
  Completions out{holed.batch.x, holed.drawn.mask, {}, {}};
  const Tensor& c = holed.drawn.c;
  const ConditionedPrior prior = e.model->prior(c);
  const Shape latents{out.x.size(0), e.model->latents()};
  for (int64_t d = 0; d < s.completions; ++d) {
    const RandomKey key = sampling_noise(s.seed, d, uint64_t(number));
    const Tensor y = decoded_values(*e.model, e.loss, prior_draw(prior, normal(key, latents), key), c);
    out.drawn.push_back(where(out.mask, out.x, y));  // also of a decoder that predicts what is given
    out.mean = out.mean ? out.mean + out.drawn.back() : out.drawn.back();
  }
  out.mean = out.mean / double(s.completions);
  return out;
}

// The mean of each column over some thousand training rows [columns].
std::vector<float> training_mean(const Experiment& e) {
  constexpr int64_t most_rows = 8192, part = 512;
  const std::vector<int64_t> rows = evenly_spread(e.data.train.rows(), most_rows);
  std::vector<double> sum(size_t(e.data.train.columns()), 0);
  for (size_t first = 0; first < rows.size(); first += size_t(part)) {
    const auto some = std::span(rows).subspan(first, std::min(size_t(part), rows.size() - first));
    const Batch batch = rows_of(e.data.train, some);
    const float* x = batch.x.data<float>();
    for (int64_t i = 0; i < batch.x.numel(); ++i) sum[size_t(i) % sum.size()] += double(x[i]);
  }
  std::vector<float> mean;
  for (const double s : sum) mean.push_back(float(s / double(rows.size())));
  return mean;
}

// PSNR of a row of `columns` values where the mask is 0; NaN where nothing is hidden.
double psnr(const float* x, const float* y, const float* mask, int64_t columns) {
  constexpr double least_error = 1 / (12 * 255.0 * 255.0);
  double sum = 0, hidden = 0;
  for (int64_t i = 0; i < columns; ++i)
    if (mask[i] == 0) sum += (double(x[i]) - double(y[i])) * (double(x[i]) - double(y[i])), hidden += 1;
  return hidden > 0 ? -10 * std::log10(std::max(least_error, sum / hidden)) : no_number;
}

}  // namespace

bool can_inpaint(const Experiment& e) { return e.data.test.image && e.condition.by_columns(); }

Completions completions_of(const Experiment& e, const InpaintingSettings& s, int64_t rows) {
  const Evaluating evaluating(*e.model);
  Completions out;
  const auto append = [](Tensor& to, const Tensor& part) { to = to ? concat(to, part, 0) : part; };
  rows = std::min(rows, e.data.test.rows());
  for (int64_t first = 0, number = 0; first < rows; first += inpainted_at_once, ++number) {
    const HoledBatch holed(e, s, number);
    const Completions part = complete(e, s, holed, number);
    const auto cut = [&](const Tensor& t) { return slice(t, 0, 0, std::min(t.size(0), rows - first)); };
    append(out.x, cut(part.x));
    append(out.mask, cut(part.mask));
    append(out.mean, cut(part.mean));
    out.drawn.resize(part.drawn.size());
    for (size_t d = 0; d < part.drawn.size(); ++d) append(out.drawn[d], cut(part.drawn[d]));
  }
  return out;
}

std::vector<InpaintedRow> inpainted_rows(const Experiment& e, const InpaintingSettings& s) {
  if (!can_inpaint(e)) fail("inpaint", "the condition is not made of the pixels of images");
  const Evaluating evaluating(*e.model);
  const bool likelihood = s.samples > 0 && why_no_likelihood(e).empty();
  const std::vector<float> plain = training_mean(e);
  const int64_t rows = std::min(s.rows, e.data.test.rows()), columns = e.data.test.columns();
  std::vector<InpaintedRow> out;
  for (int64_t number = 0; int64_t(out.size()) < rows; ++number) {
    const HoledBatch holed(e, s, number);
    const Completions made = complete(e, s, holed, number);
    const int64_t n = std::min(made.x.size(0), rows - int64_t(out.size()));
    const auto first_rows = [n](const Tensor& t) { return slice(t, 0, 0, n); };
    std::vector<Likelihood> found;
    if (likelihood) {
      Batch batch = holed.batch;
      batch.x = first_rows(batch.x), batch.input = first_rows(batch.input);
      found = log_likelihoods(e, batch, first_rows(holed.drawn.c), s.samples, s.seed, uint64_t(number));
    }
    for (int64_t r = 0; r < n; ++r) {
      const auto row = [&](const Tensor& t) { return t.data<float>() + r * columns; };
      const auto score = [&](const float* y) { return psnr(row(made.x), y, row(made.mask), columns); };
      InpaintedRow& scored = out.emplace_back();
      scored.hidden = std::count(row(made.mask), row(made.mask) + columns, 0.0f);
      if (scored.hidden == 0) continue;
      scored.psnr = 0;
      for (const Tensor& y : made.drawn) scored.psnr += score(row(y)) / double(s.completions);
      scored.psnr_mean = score(row(made.mean));
      scored.psnr_plain = score(plain.data());
      if (likelihood) scored.likelihood = found[size_t(r)];
    }
  }
  return out;
}

InpaintingScores scores_of(const std::vector<InpaintedRow>& rows) {
  std::vector<double> hidden, single, mean, plain, log_p, effective;
  double variance = 0;
  for (const InpaintedRow& row : rows) {
    if (row.hidden == 0) continue;
    hidden.push_back(double(row.hidden));
    single.push_back(row.psnr), mean.push_back(row.psnr_mean), plain.push_back(row.psnr_plain);
    log_p.push_back(row.likelihood.log_p), effective.push_back(row.likelihood.effective);
    variance += row.likelihood.standard_error * row.likelihood.standard_error;
  }
  const auto n = double(hidden.size());
  return {int64_t(hidden.size()), estimate_of(hidden), estimate_of(single),     estimate_of(mean),
          estimate_of(plain),     estimate_of(log_p),  std::sqrt(variance) / n, estimate_of(effective).mean};
}

}  // namespace elbow
