#include "data/mask.hpp"

#include <algorithm>

#include "autograd/profile.hpp"

namespace elbow {
namespace {

void require_matrix(const char* op, const Tensor& t) {
  if (t.rank() != 2 || t.dtype() != DType::float32)
    fail(op, "needs a matrix of float32, not ", t.shape(), " of ", name_of(t.dtype()));
}

void require_same_shape(const char* op, const Tensor& a, const Tensor& b) {
  require_matrix(op, a);
  require_matrix(op, b);
  if (!(a.shape() == b.shape())) fail(op, "the shapes ", a.shape(), " and ", b.shape(), " differ");
}

// A mask [rows, n] whose entries are each on their own.
void fill_mask(const RandomKey& key, const MaskRule& rule, int64_t rows, int64_t n, float* mask) {
  if (!rule.uniform) return fill_bernoulli(key, mask, rows * n, rule.given);
  const Tensor numbers = uniform(key, {rows, n + 1});
  const float* u = numbers.data<float>();  // [rows, n + 1]: the row's probability, then a number for each entry
  for (int64_t r = 0; r < rows; ++r, u += n + 1)
    for (int64_t i = 0; i < n; ++i) *mask++ = u[1 + i] < u[0] ? 1 : 0;
}

// A mask [rows, d] whose columns go by their groups.
void fill_grouped_mask(const RandomKey& key, const MaskRule& rule, int64_t rows, int64_t d, float* mask) {
  const std::vector<int32_t>& groups = rule.groups;
  if (int64_t(groups.size()) != d)
    fail("draw_mask", "there are ", groups.size(), " groups for ", d, " columns");
  const auto [least, most] = std::minmax_element(groups.begin(), groups.end());
  if (*least < 0) fail("draw_mask", "a group has the negative number ", *least);
  const int64_t n = *most + 1;
  Tensor given = Tensor::empty({rows, n});
  fill_mask(key, rule, rows, n, given.data<float>());
  const float* g = given.data<float>();  // [rows, n]
  for (int64_t r = 0; r < rows; ++r, g += n)
    for (int64_t c = 0; c < d; ++c) *mask++ = g[groups[size_t(c)]];
}

}  // namespace

void draw_mask(const RandomKey& key, const MaskRule& rule, Tensor& mask) {
  const Timed timed("mask", Work::beside);
  require_matrix("draw_mask", mask);
  const auto fill = rule.groups.empty() ? fill_mask : fill_grouped_mask;
  fill(key, rule, mask.size(0), mask.size(1), mask.data<float>());
  mask.mark_written("draw_mask");
}

void withhold_missing(const Tensor& observed, Tensor& mask) {
  require_same_shape("withhold_missing", observed, mask);
  const float* o = observed.data<float>();
  float* m = mask.data<float>();
  for (int64_t i = 0; i < mask.numel(); ++i) m[i] = o[i] == 0 ? 0 : m[i];
  mask.mark_written("withhold_missing");
}

void write_condition(const Tensor& x, const Tensor& mask, Tensor& c) {
  const Timed timed("mask", Work::beside);
  require_same_shape("write_condition", x, mask);
  require_matrix("write_condition", c);
  const int64_t rows = x.size(0), d = x.size(1);
  if (!(c.shape() == Shape{rows, 2 * d}))
    fail("write_condition", "the condition of rows ", x.shape(), " is ", Shape{rows, 2 * d}, ", not ",
         c.shape());
  const float *from = x.data<float>(), *m = mask.data<float>();
  float* to = c.data<float>();
  for (int64_t r = 0; r < rows; ++r, from += d, m += d, to += 2 * d)
    for (int64_t i = 0; i < d; ++i) {
      to[i] = m[i] == 0 ? 0 : from[i];  // a product would let NaN through
      to[d + i] = m[i];
    }
  c.mark_written("write_condition");
}

}  // namespace elbow
