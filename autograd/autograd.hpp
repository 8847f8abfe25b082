#pragma once
/// Everything of autograd that a user of the library needs.
#include "autograd/indices.hpp"
#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "autograd/tensor.hpp"
