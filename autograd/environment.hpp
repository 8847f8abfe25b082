#pragma once

namespace elbow {

/// Reads the environment variables that autograd knows (ELBOW_GEMM) and throws for a value that it does not, so that a
/// program can refuse it at the start and not in the middle.
void check_environment();

}  // namespace elbow
