#include "data/validation.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/random.hpp"
#include "base/streams.hpp"

namespace elbow {
namespace {

constexpr int64_t fewest_rows = 2;  // of a standard error, and of a batch

// How many rows are held out.
int64_t held_of(int64_t rows, double fraction) {
  const int64_t held = std::llround(fraction * double(rows));
  return held < fewest_rows || rows - held < fewest_rows ? 0 : held;
}

// Rows first, first + 1, ..., last - 1 of the random order, ascending.
std::vector<int64_t> part_of_order(int64_t rows, int64_t first, int64_t last, uint64_t seed) {
  const auto order = permutation({seed, stream::validation, 0}, rows);
  std::vector<int64_t> part(order.begin() + first, order.begin() + last);
  std::sort(part.begin(), part.end());
  return part;
}

// The rows `index` of a set as a set of their own.
Dataset chosen(const Dataset& set, const std::vector<int64_t>& index) {
  Dataset out = set;
  const auto choose = [&](const Tensor& from) {  // [rows, ...]
    const int64_t width = from.rank() == 2 ? from.size(1) : 1, n = int64_t(index.size());
    Tensor to = from.rank() == 2 ? Tensor::empty({n, width}) : Tensor::empty({n});
    for (int64_t i = 0; i < n; ++i)
      std::copy_n(from.data<float>() + index[size_t(i)] * width, width, to.data<float>() + i * width);
    return to;
  };
  out.x = set.x.chosen(index);
  if (set.observed) out.observed = choose(set.observed);
  if (set.coordinate) out.coordinate = choose(set.coordinate);
  for (auto* list : {&out.attributes, &out.hidden_factors})
    for (Attribute& a : *list) {
      if (a.values.empty()) continue;
      std::vector<float> values;
      for (const int64_t row : index) values.push_back(a.values[size_t(row)]);
      a.values = std::move(values);
    }
  return out;
}

}  // namespace

double HeldOut::of(int64_t rows, int64_t features) const {
  constexpr int64_t fewest = 30, rows_of_feature = 50;  // docs/results.md#imputation
  if (!automatic) return fraction;
  return rows >= fewest && rows < rows_of_feature * features ? 0.1 : 0;
}

std::vector<int64_t> validation_rows(int64_t rows, double fraction, uint64_t seed) {
  return part_of_order(rows, 0, held_of(rows, fraction), seed);
}

std::vector<int64_t> fitted_rows(int64_t rows, double fraction, uint64_t seed) {
  return part_of_order(rows, held_of(rows, fraction), rows, seed);
}

void hold_out(DataSplit& split, const HeldOut& held_out, uint64_t seed) {
  const int64_t rows = split.train.rows();
  const double fraction = held_out.of(rows, int64_t(split.train.features.size()));
  if (!split.train.x.are_read() || held_of(rows, fraction) == 0) return;
  split.validation = chosen(split.train, validation_rows(rows, fraction, seed));
  split.train = chosen(split.train, fitted_rows(rows, fraction, seed));
  if (split.redraw)  // those of epoch 0 are the ones that were there first, and some of them are held out
    split.redraw = [redraw = split.redraw](Dataset& train, int64_t epoch) { redraw(train, epoch + 1); };
}

}  // namespace elbow
