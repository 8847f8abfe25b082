#include "data/law.hpp"

#include <algorithm>

#include "autograd/parallel.hpp"
#include "nn/streams.hpp"

namespace elbow {

DataSplit draw_split(const Config& data, uint64_t seed, const Dataset& description, int64_t columns,
                     DrawRows draw) {
  const auto make = [&](const std::string& setting, uint32_t stream) {
    Dataset set = description;
    set.x = Rows(Tensor::empty({data.get<int64_t>(setting, 64000, at_least(1)), columns}));
    draw(set, RandomKey{seed, stream, 0});
    return set;
  };
  DataSplit split{make("train_rows", stream::train_data), make("test_rows", stream::test_data), {}};
  if (data.get<bool>("redraw", false))
    split.redraw = [seed, draw = std::move(draw)](Dataset& train, int64_t epoch) {
      draw(train, RandomKey{seed, stream::train_data, uint64_t(epoch)});
    };
  return split;
}

void draw_linear_gaussian(Dataset& set, const Matrix& factor, const RandomKey& key) {
  const int64_t rows = set.rows(), columns = factor.rows, factors = factor.cols;
  const Tensor normals = normal(key, {rows, factors}), out = set.x.tensor();
  const Matrix by_factor = transpose(factor);  // so that the innermost loop runs along memory and vectorises
  const float* z = normals.data<float>();
  float* x = out.data<float>();
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
  out.mark_written("draw_linear_gaussian");
}

}  // namespace elbow
