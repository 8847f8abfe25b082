#pragma once
#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/kernels/convolution.hpp"

// The three products of autograd/kernels/convolution.hpp on the GPU: tiled products whose operands are patches of images, read where they
// stand, or large ones by cuBLAS, for which they are laid out. `bias` is undefined, [channels] or [rows, channels] (of the maps: features).
namespace elbow::cuda {

template <class T>
void convolve(const Convolution& sizes, const Tensor& images, const Tensor& weight, const Tensor& bias,
              Target maps);
template <class T>
void convolve_transposed(const Convolution& sizes, const Tensor& maps, const Tensor& weight, const Tensor& bias,
                         Target images);
template <class T>
void convolve_weight(const Convolution& sizes, const Tensor& images, const Tensor& maps, Target weight);

}  // namespace elbow::cuda
