#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.hpp"
#include "base/streams.hpp"
#include "data/covariance.hpp"
#include "data/distribution.hpp"

namespace elbow {
namespace {

constexpr int64_t most_kept_factors = 64;  // of more, no table or figure would be of use to anyone

// The model from which the rows are drawn: the value of a column depends on the factors z [factors] of its row.
struct FactorModel {
  int64_t factors = 0;
  std::vector<int64_t> groups;  // number of categories of each categorical feature
  double noise_sd = 0;
  Matrix loadings;  // [real, factors]:          x = loadings z + noise_sd N(0, 1), of variance 1
  Matrix logits;    // [binary, factors + 1]:    P(x = 1) = sigmoid(logits [z, 1])
  Matrix scores;    // [categories, factors + 1]: P(category k of a group) ~ exp(scores_k [z, 1])
  int64_t columns() const { return logits.rows + loadings.rows + scores.rows; }
  int64_t numbers() const {
    return factors + loadings.rows + logits.rows + int64_t(groups.size());
  }  // drawn for a row
};

// Each row has `nonzero` loadings: on its own factor, row mod factors, and on others drawn at random. Their squares add
// up to `communality`, the share of the variance that the factors explain.
Matrix sparse_loadings(int64_t rows, int64_t factors, int64_t nonzero, double communality, uint64_t seed) {
  Matrix loadings(rows, factors);
  std::vector<double> weight(static_cast<size_t>(rows * nonzero));
  fill_normal({seed, stream::structure, 0}, weight.data(), int64_t(weight.size()));
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<int64_t> order = permutation({seed, stream::structure, uint64_t(3 + r)}, factors);
    std::iter_swap(order.begin(), std::find(order.begin(), order.end(), r % factors));
    const double* w = &weight[size_t(r * nonzero)];
    const double norm = std::sqrt(std::inner_product(w, w + nonzero, w, 0.0));
    for (int64_t k = 0; k < nonzero; ++k) loadings(r, order[size_t(k)]) = std::sqrt(communality) * w[k] / norm;
  }
  return loadings;
}

// Linear scores of the factors, with their offset in the last column; each has the variance sd^2 over the rows, and the
// offsets have a quarter of it.
Matrix linear_scores(int64_t rows, int64_t factors, double sd, const RandomKey& key) {
  Matrix scores(rows, factors + 1);
  fill_normal(key, scores.values.data(), int64_t(scores.values.size()));
  for (int64_t r = 0; r < rows; ++r) {
    double squares = 0;
    for (int64_t k = 0; k < factors; ++k) squares += scores(r, k) * scores(r, k);
    for (int64_t k = 0; k < factors; ++k) scores(r, k) *= sd / std::sqrt(squares);
    scores(r, factors) *= sd / 2;
  }
  return scores;
}

double score(const Matrix& weights, int64_t row, const float* z) {
  double sum = weights(row, weights.cols - 1);
  for (int64_t k = 0; k + 1 < weights.cols; ++k) sum += weights(row, k) * z[k];
  return sum;
}

// The distribution function of N(0, 1): makes a uniform number of a normal one, so that a row is drawn from one sequence.
double normal_cdf(double v) { return 0.5 * std::erfc(-v * std::sqrt(0.5)); }

// One row x [columns] from the standard normal numbers n [numbers].
void draw_row(const FactorModel& m, const float* n, float* x) {
  const float* z = n;
  n += m.factors;
  for (int64_t i = 0; i < m.logits.rows; ++i)
    *x++ = normal_cdf(*n++) < 1 / (1 + std::exp(-score(m.logits, i, z))) ? 1.0f : 0.0f;
  for (int64_t i = 0; i < m.loadings.rows; ++i) {
    double sum = m.noise_sd * *n++;
    for (int64_t k = 0; k < m.factors; ++k) sum += m.loadings(i, k) * z[k];
    *x++ = float(sum);
  }
  int64_t first = 0;
  for (const int64_t width : m.groups) {
    std::vector<double> cumulative(static_cast<size_t>(width));  // of weights that are not yet normalised
    double total = 0;
    for (int64_t k = 0; k < width; ++k) cumulative[k] = total += std::exp(score(m.scores, first + k, z));
    const double at = total * normal_cdf(*n++);
    const auto drawn = std::upper_bound(cumulative.begin(), cumulative.end() - 1, at) - cumulative.begin();
    for (int64_t k = 0; k < width; ++k) *x++ = k == drawn ? 1.0f : 0.0f;
    first += width;
  }
}

void draw_rows(const FactorModel& m, Dataset& set, const RandomKey& key) {
  const int64_t rows = set.rows(), columns = m.columns(), numbers = m.numbers();
  const Tensor normals = normal(key, {rows, numbers});
  Tensor out = set.x.tensor();
  const float* n = normals.data<float>();
  float* x = out.data<float>();
  constexpr int64_t block = 256;  // rows that one thread does at a time
  parallel_for((rows + block - 1) / block, rows * columns * m.factors, [&](int64_t b) {
    for (int64_t r = b * block; r < std::min(rows, (b + 1) * block); ++r)
      draw_row(m, n + r * numbers, x + r * columns);
  });
  out.mark_written("latent_factors");
  for (int64_t k = 0; m.factors <= most_kept_factors && k < m.factors; ++k) {
    float* factor = factor_values(set, str("factor", k));
    for (int64_t r = 0; r < rows; ++r) factor[r] = n[r * numbers + k];
  }
}

// b0, ..., then r0, ..., then g0, ... with the categories c0, c1, ....
std::vector<Feature> features_of(const FactorModel& m) {
  std::vector<Feature> features;
  int64_t first = 0;
  for (int64_t i = 0; i < m.logits.rows; ++i)
    features.push_back({str("b", i), FeatureKind::binary, first++, 1, {"no", "yes"}});
  for (int64_t i = 0; i < m.loadings.rows; ++i)
    features.push_back({str("r", i), FeatureKind::real, first++, 1, {}});
  for (size_t g = 0; g < m.groups.size(); ++g) {
    Feature f{str("g", g), FeatureKind::categorical, first, m.groups[g], {}};
    for (int64_t k = 0; k < f.width; ++k) f.categories.push_back(str("c", k));
    first += f.width;
    features.push_back(std::move(f));
  }
  return features;
}

// The distribution of a set that is all real: N(0, loadings loadings^T + noise).
GaussianDistribution distribution_of(const FactorModel& m) {
  GaussianDistribution distribution{std::vector<double>(size_t(m.loadings.rows), 0.0),
                                    covariance_of(m.loadings)};
  for (int64_t i = 0; i < m.loadings.rows; ++i) distribution.covariance(i, i) += m.noise_sd * m.noise_sd;
  return distribution;
}

}  // namespace

/// A table of binary, real and categorical features that depend on a few independent N(0, 1) factors, and only on them:
/// a mixed linear factor model (Bartholomew, Knott & Moustaki 2011). Real columns: sparse loadings times the factors, plus
/// noise; exactly of mean 0 and variance 1. Binary ones by a logit, categorical ones by a softmax of linear scores.
/// Options: factors (default 5); binary (1), real (102): how many columns; categories ([19, 19, 18]): of each
/// categorical feature; factors_per_column (2): nonzero loadings of a real column; noise (0.4): the share of its variance
/// that no factor explains; score_sd (2): spread of the logits and scores; and those of draw_split. The model depends on
/// structure_seed and is kept in extras: "loadings" [real, factors], "logits" [binary, factors + 1] and "scores" [categories,
/// factors + 1], the latter two with the offset in the last column. Factors: factor0, factor1, ..., up to 64 of them.
DataSplit latent_factors(const Config& data, uint64_t seed) {
  FactorModel m;
  constexpr int64_t most = 10000;  // columns
  m.factors = data.get<int64_t>("factors", 5, between(1, most));
  const auto binary = data.get<int64_t>("binary", 1, between(0, most)),
             real = data.get<int64_t>("real", 102, between(0, most));
  m.groups = data.get<std::vector<int64_t>>("categories", {19, 19, 18}, between(2, most));
  const auto nonzero =
      data.get<int64_t>("factors_per_column", std::min<int64_t>(2, m.factors), between(1, double(m.factors)));
  const double noise = data.get<double>("noise", 0.4, between(0, 1));
  const double score_sd = data.get<double>("score_sd", 2.0, at_least(0));
  const int64_t categories = std::accumulate(m.groups.begin(), m.groups.end(), int64_t{0});
  if (binary + real + categories == 0) data.fail("real", "there must be at least one column");
  if (binary + real + categories > most)
    data.fail("real", str("with `binary` and `categories`, there can be no more than ", most, " columns"));
  m.noise_sd = std::sqrt(noise);
  const uint64_t structure = structure_seed(data, seed);
  m.loadings = sparse_loadings(real, m.factors, nonzero, 1 - noise, structure);
  m.logits = linear_scores(binary, m.factors, score_sd, {structure, stream::structure, 1});
  m.scores = linear_scores(categories, m.factors, score_sd, {structure, stream::structure, 2});

  Dataset set;
  set.features = features_of(m);
  if (binary + categories == 0) set.gaussian = distribution_of(m);
  for (const auto& [name, matrix] :
       {std::pair{"loadings", &m.loadings}, {"logits", &m.logits}, {"scores", &m.scores}})
    if (matrix->rows > 0) set.extras[name] = Tensor::from(matrix->values, {matrix->rows, matrix->cols});
  return draw_split(data, seed, set, m.columns(),
                    [m](Dataset& drawn, const RandomKey& key) { draw_rows(m, drawn, key); });
}

}  // namespace elbow
