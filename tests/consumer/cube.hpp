#pragma once
#include "autograd/tensor.hpp"

/// x^3, element by element.
elbow::Tensor cube(const elbow::Tensor& x);
