#pragma once
#include <string>

#include "autograd/kernels/gemm/gemm.hpp"

/// oneDNN's matrix product, which `elbow bench gemm` times next to ours. The library is looked for at run time, once, so that neither
/// the build nor the program needs it.
namespace elbow {

/// Such as "2.6.3". Empty where oneDNN is not installed, or its threads are not those of OpenMP 5, whose number we can set.
std::string onednn_version();

/// C = op(A) op(B), added to C if args.accumulate, without bias and activation, on num_threads() threads of oneDNN's own. Error where
/// there is no oneDNN, or where it reports one.
void gemm_onednn(const GemmArgs<float>& args);

/// Ends the threads that the last product left behind. They wait for the next one for some milliseconds, at work, on the cores that
/// others are timed on.
void end_onednn_threads();

}  // namespace elbow
