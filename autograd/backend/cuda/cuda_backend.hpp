#pragma once
#include "autograd/backend/backend.hpp"

namespace elbow::cuda {

/// The backend for Device::cuda; puts the kernels of all ops into their rules. Throws where there is no card.
Backend& the_backend();

/// Puts the kernels of all ops into their rules. Written by the build (cmake/generate_ops.cmake).
void install_all_kernels();

}  // namespace elbow::cuda
