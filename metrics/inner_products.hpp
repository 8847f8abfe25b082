#pragma once
#include <cstdint>
#include <functional>

#include "autograd/tensor.hpp"

namespace elbow {

/// Calls f(first, products) for blocks of the rows of x [n,d], in their order: products [block,m] in double are the inner
/// products of rows first, first + 1, ... of x with all rows of y [m,d]. So that what needs all n m of them needs not hold
/// them all at once. `op` stands in messages. The same bits for any number of threads. Error if x or y is not a matrix
/// with at least one column, their columns differ, or an element is not finite.
void for_inner_products(const char* op, const Tensor& x, const Tensor& y,
                        const std::function<void(int64_t first, const Tensor& products)>& f);

}  // namespace elbow
