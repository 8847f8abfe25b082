#pragma once
// The types that the declarations of ops use.
#include <span>
#include <utility>
#include <vector>

#include "autograd/axes.hpp"
#include "autograd/indices.hpp"
#include "autograd/op_settings.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "autograd/tensor.hpp"
#include "autograd/window.hpp"
