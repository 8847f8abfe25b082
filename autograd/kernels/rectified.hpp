#pragma once
#include "autograd/kernels/math.hpp"

// max(., 0) at the end of another op, as relu has it, and its gradient.
namespace elbow::ops {

/// max(y, 0); NaN stays NaN.
template <class V> ELBOW_FN V rectified(V y) { return select(y < V(0), V(0), y); }

/// The gradient dy of an output as it reaches what was computed before: all of it or, behind max(., 0), that of the outputs y > 0.
template <class V> ELBOW_FN V let_through(V dy) { return dy; }
template <class V> ELBOW_FN V let_through(V dy, V y) { return select(y > V(0), dy, V(0)); }

}  // namespace elbow::ops
