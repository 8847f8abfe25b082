#include "metrics/inner_products.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/alias.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace elbow {
namespace {

constexpr int64_t product_rows = 512;  // fixed: the bits of a product may depend on the shape of its block

Tensor as_doubles(const char* op, const Tensor& x) {
  if (x.rank() != 2 || x.size(1) < 1) fail(op, "expects rows [rows, columns], not ", x.shape());
  const Tensor doubles = x.to(DType::float64);
  const double* values = doubles.data<double>();
  if (!std::all_of(values, values + doubles.numel(), [](double v) { return std::isfinite(v); }))
    fail(op, "the rows have a non-finite element");
  return doubles;
}

}  // namespace

void for_inner_products(const char* op, const Tensor& x, const Tensor& y,
                        const std::function<void(int64_t first, const Tensor& products)>& f) {
  const NoGrad no_grad;
  const Tensor a = as_doubles(op, x), b = as_doubles(op, y);
  const int64_t n = a.size(0), d = a.size(1);
  if (b.size(1) != d) fail(op, "rows of ", d, " and of ", b.size(1), " columns cannot be compared");
  for (int64_t first = 0; first < n; first += product_rows) {
    const Tensor block = alias(a, {std::min(product_rows, n - first), d}, first * d);
    f(first, matmul(block, b, Trans::no, Trans::yes));
  }
}

}  // namespace elbow
