// Solutions of the exercises of chapter 9.
#include "09-conditioning.hpp"
#include "nn/nn.hpp"
#include "tour.hpp"

using namespace elbow;

// 1. A column is given with probability 0.9: nothing is given in one row of a thousand.
inline void generous_masks() {
  Model even, generous;
  train(even, 4000);
  train(generous, 4000, [](int64_t rows, const RandomKey& key) {
    return bernoulli(key, {rows, columns}, 0.9);
  });
  const double rare = gap_of(generous, 0).mean, usual = gap_of(generous, 6).mean;
  std::printf("1. gap given nothing: %.2f with 0.9, %.2f with 0.5\n", rare, gap_of(even, 0).mean);
  std::printf("1. gap given x1, x2: %.2f with 0.9, %.2f with 0.5\n", usual, gap_of(even, 6).mean);
  tour::check("1. what is rare in training is learned badly",
              rare > 3 * gap_of(even, 0).mean && rare > 5 * usual);
}

// 2. c = x m alone: a withheld column looks like a column whose value is 0.
inline void without_the_mask() {
  const auto values_alone = [](const Tensor& x, const Tensor& mask) { return x * mask; };
  Model model(columns);
  train(model, 4000, coin_flips, values_alone);
  double least = 1e9;
  for (const int subset : {0, 1, 3}) {
    const double gap = gap_of(model, subset, values_alone).mean;
    std::printf("2. without the mask, given %s: gap %.2f\n", name_of(subset).c_str(), gap);
    least = std::min(least, gap);
  }
  tour::check("2. every answer is worse by far", least > 0.1);
}

// 3. Draw one column given the other two, again and again (Gibbs sampling): if the answers fit together, the rows end up with the
// distribution of the data.
inline void from_conditionals_to_rows() {
  Model model;
  train(model, 8000);
  const int64_t rows = 20000;
  Tensor x = 3 * normal({1, 4, 0}, {rows, columns});  // anywhere
  for (uint64_t round = 0; round < 40; ++round)
    for (int k = 0; k < columns; ++k) {
      const Tensor mask = mask_of(7 & ~(1 << k), rows), c = condition_of(x, mask);
      const uint64_t step = 2 * (3 * round + uint64_t(k));
      const Tensor z = normal({1, 5, step}, {rows, columns}), noise = normal({1, 5, step + 1}, {rows, columns});
      x = where(mask, x, model.decoder(concat(z, c, 1)) + std::sqrt(beta / 2) * noise);
    }
  const Tensor centred = x - mean(x, 0), found = matmul(centred, centred, Trans::yes) / double(rows);
  for (int i = 0; i < columns; ++i)
    for (int j = 0; j <= i; ++j)
      tour::check("3. covariance of x" + std::to_string(i) + " and x" + std::to_string(j), found.at(i, j),
                  covariance[size_t(i)][size_t(j)], 0.15);
}

int main() {
  generous_masks();
  without_the_mask();
  from_conditionals_to_rows();
  return tour::failures;
}
