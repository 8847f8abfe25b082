#pragma once
#include <atomic>

#include "autograd/tensor.hpp"

// Checks of every op that cost time, and are off at first. Each is a switch for the whole program.
namespace elbow {

/// With it on, every op and every gradient is searched for NaN and infinity, and the first one to make any from
/// finite inputs is an error that names it (--check-nan).
void set_check_nan(bool on);

/// With it on, memory that is allocated from then on ends in a guard band, and an op that writes beyond its output or
/// beyond a gradient is an error that names it: for tests of ops.
void set_check_bounds(bool on);

namespace detail {
enum Check : unsigned { nan = 1, bounds = 2 };
inline std::atomic<unsigned> checks{0};
}  // namespace detail

/// Whether any check is on.
inline bool checking() { return detail::checks.load(std::memory_order_relaxed) != 0; }
inline bool checking(detail::Check c) { return detail::checks.load(std::memory_order_relaxed) & c; }

/// Makes the checks that are on; throws when one fails. `where` names the op, `what` the tensor ("output", ...).
void check(const Tensor& t, const char* where, const char* what);

}  // namespace elbow
