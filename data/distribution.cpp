#include "data/distribution.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "base/streams.hpp"
#include "data/mask.hpp"

namespace elbow {
namespace {

MissingDistribution read_missing(const Config& data) {
  if (!data.get<Json>("missing", 0.0).is_object()) return {1, data.get<double>("missing", 0.0, between(0, 1))};
  const Config missing = data.section("missing");
  return {missing.get<double>("rows", 1.0, between(0, 1)), missing.get<double>("entries", between(0, 1))};
}

}  // namespace

DataSplit draw_split(const Config& data, uint64_t seed, const Dataset& description, int64_t columns,
                     DrawRows draw) {
  const auto draw_all = [seed, draw = std::move(draw)](Dataset& set, uint32_t rows_stream,
                                                       uint32_t missing_stream, int64_t epoch) {
    draw(set, RandomKey{seed, rows_stream, uint64_t(epoch)});
    draw_missing(set, RandomKey{seed, missing_stream, uint64_t(epoch)});
  };
  const auto rows_of = [&](const char* setting) { return data.get<int64_t>(setting, 64000, at_least(1)); };
  const auto empty_set = [&](const char* setting, int64_t rows) {
    Dataset set = description;
    try {
      set.x = Rows(Tensor::empty({rows, columns}));
    } catch (const Error& error) { data.fail(setting, error.what()); }
    return set;
  };
  const int64_t train_rows = rows_of("train_rows"), test_rows = rows_of("test_rows");
  DataSplit split{empty_set("train_rows", train_rows), {}, {}};
  const bool redraw = data.get<bool>("redraw", false);
  split.train.missing = read_missing(data);
  draw_all(split.train, stream::train_data, stream::train_missing, 0);
  split.test = empty_set("test_rows", test_rows);  // now that the training rows fill their memory
  split.test.missing = split.train.missing;
  draw_all(split.test, stream::test_data, stream::test_missing, 0);
  if (redraw)
    split.redraw = [draw_all](Dataset& train, int64_t epoch) {
      draw_all(train, stream::train_data, stream::train_missing, epoch);
    };
  return split;
}

void draw_missing(Dataset& set, const RandomKey& key) {
  if (!set.missing.any()) return;
  const int64_t rows = set.rows(), columns = set.columns();
  if (!set.observed) set.observed = Tensor::empty({rows, columns});
  draw_mask(part(key, 1), {1 - set.missing.entries, groups_of(set.features)}, set.observed);
  const Tensor incomplete = bernoulli(key, {rows}, set.missing.rows);
  Tensor values = set.x.tensor();
  float *observed = set.observed.data<float>(), *x = values.data<float>();
  for (int64_t r = 0; r < rows; ++r)
    if (incomplete.data<float>()[r] == 0) std::fill_n(observed + r * columns, columns, 1.0f);
  for (int64_t i = 0; i < rows * columns; ++i)
    if (observed[i] == 0) x[i] = 0;
  set.observed.mark_written("draw_missing");
  values.mark_written("draw_missing");
}

RandomKey part(const RandomKey& key, uint64_t i) { return {key.seed, key.stream, key.step + (i << 32)}; }

float* positions_of(Dataset& set) {
  if (!set.coordinate) set.coordinate = Tensor::empty({set.rows()});
  set.coordinate.mark_written("positions_of");
  return set.coordinate.data<float>();
}

float* classes_of(Dataset& set, int64_t classes) {
  if (set.attributes.empty())
    set.attributes = {categorical_attribute("class", classes, std::vector<float>(size_t(set.rows())))};
  return set.attributes[0].values.data();
}

float* factor_values(Dataset& set, const std::string& name) {
  auto& factors = set.hidden_factors;
  const auto found = std::ranges::find(factors, name, [](const Attribute& a) { return a.feature.name; });
  if (found != factors.end()) return found->values.data();
  factors.push_back({{name, FeatureKind::real}, std::vector<float>(size_t(set.rows()))});
  return factors.back().values.data();
}

DataSplit two_curves(const Config& data, uint64_t seed, float length,
                     const std::function<std::array<float, 2>(int32_t label, float t)>& point,
                     const std::vector<Arc>& arcs) {
  const double noise = data.get<double>("noise", 0.0, at_least(0));
  Dataset set;
  if (noise == 0 && !arcs.empty()) set.arcs = ArcDistribution{{0, 1}, arcs};
  return draw_split(data, seed, set, 2, [=](Dataset& drawn, const RandomKey& key) {
    const Tensor numbers = uniform(key, {drawn.rows(), 2});
    Tensor rows = drawn.x.tensor();
    const float* u = numbers.data<float>();  // [rows, 2]: which curve, and where on it
    float *x = rows.data<float>(), *position = positions_of(drawn);
    float *classes = classes_of(drawn, 2), *angle = factor_values(drawn, "angle");
    for (int64_t r = 0; r < drawn.rows(); ++r, u += 2, x += 2) {
      const int32_t label = u[0] < 0.5f ? 0 : 1;
      classes[r] = float(label);
      position[r] = angle[r] = length * u[1];
      const auto at = point(label, position[r]);
      std::copy(at.begin(), at.end(), x);
    }
    rows.mark_written("two_curves");
    add_noise(drawn, noise, part(key, 1));
  });
}

void add_noise(Dataset& set, double stddev, const RandomKey& key) {
  if (stddev == 0) return;
  const Tensor noise = normal(key, {set.rows(), set.columns()}, 0, stddev);
  Tensor values = set.x.tensor();
  const float* n = noise.data<float>();
  float* x = values.data<float>();
  for (int64_t i = 0; i < values.numel(); ++i) x[i] += n[i];
  values.mark_written("add_noise");
}

uint64_t structure_seed(const Config& data, uint64_t seed) {
  return data.get<uint64_t>("structure_seed", seed);
}

namespace {

// x [rows, columns] = z [rows, factors] by_factor [factors, columns], summed in double precision, by plain loops.
void multiply_narrow(const float* z, const Matrix& by_factor, float* x, int64_t rows) {
  const int64_t factors = by_factor.rows, columns = by_factor.cols;
  constexpr int64_t block = 256;  // rows that one thread does at a time
  parallel_for((rows + block - 1) / block, rows * columns * factors, [&](int64_t b) {
    std::vector<double> sum(static_cast<size_t>(columns));
    for (int64_t r = b * block; r < std::min(rows, (b + 1) * block); ++r) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (int64_t k = 0; k < factors; ++k)
        for (int64_t c = 0; c < columns; ++c) sum[c] += by_factor(k, c) * z[r * factors + k];
      std::copy(sum.begin(), sum.end(), x + r * columns);
    }
  });
}

// The same for many columns, as products of matrices.
void multiply_wide(const float* z, const Matrix& by_factor, float* x, int64_t rows) {
  const int64_t factors = by_factor.rows, columns = by_factor.cols;
  constexpr int64_t block = 4096;
  for (int64_t first = 0; first < rows; first += block) {
    const int64_t n = std::min(block, rows - first);
    const float* begin = z + first * factors;
    const Matrix some(n, factors, {begin, begin + n * factors});
    const Matrix made = product(some, by_factor);
    std::copy(made.values.begin(), made.values.end(), x + first * columns);
  }
}

}  // namespace

void draw_linear_gaussian(Dataset& set, const Matrix& factor, const RandomKey& key) {
  const int64_t rows = set.rows(), columns = factor.rows;
  const Tensor normals = normal(key, {rows, factor.cols});
  Tensor out = set.x.tensor();
  const Matrix by_factor = transpose(factor);  // so that the innermost loop runs along memory and vectorises
  const auto multiply = columns > small_matrix ? multiply_wide : multiply_narrow;
  multiply(normals.data<float>(), by_factor, out.data<float>(), rows);
  out.mark_written("draw_linear_gaussian");
}

}  // namespace elbow
