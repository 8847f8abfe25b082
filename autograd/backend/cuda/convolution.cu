#include "autograd/backend/cuda/convolution_operands.hpp"

namespace elbow::cuda {

// maps[f, (row, u, v)] = the sum over (channel, p, q) of weight[f, (channel, p, q)] images[(row, u, v), (channel, p, q)].
template <class T>
void convolve(const Convolution& s, const Tensor& images, const Tensor& weight, const Tensor& bias,
              Target maps) {
  if (maps.numel() == 0) return;
  check_sizes(s);
  const int features = int(s.features), patch = int(s.patch());
  const Operand<T, Line, Line, true> a{in<T>(weight), {features, patch}, {patch, 1}};
  if (s.pixels() == 1) {  // the other way round: maps are a matrix [rows, features]
    const Operand<T, Grid3, Grid3, true> b{in<T>(images), patches_of(s), taps_of(s), int(s.height),
                                           int(s.width)};
    const Result<T, Line, Line> c{
        out<T>(maps.tensor), maps.add, {int(s.rows), features}, {features, 1}, optional<T>(bias),
        bias_stride(bias),   1};
    return run_one<T>(s.rows, features, patch, b, a, c);
  }
  const Operand<T, Grid3, Grid3, false> b{in<T>(images), patches_of(s), taps_of(s), int(s.height),
                                          int(s.width)};
  const Result<T, Line, Grid3> c{out<T>(maps.tensor), maps.add, {features, s.pixels()}, pixels_of(s),
                                 optional<T>(bias),   1,        bias_stride(bias)};
  run_one<T>(features, s.rows * s.pixels(), patch, a, b, c);
}

// weight[f, (channel, p, q)] = the sum over (row, u, v) of maps[f, (row, u, v)] images[(channel, p, q), (row, u, v)].
template <class T>
void convolve_weight(const Convolution& s, const Tensor& images, const Tensor& maps, Target weight) {
  if (weight.numel() == 0) return;
  check_sizes(s);
  const int features = int(s.features), patch = int(s.patch());
  const Result<T, Line, Line> c{out<T>(weight.tensor), weight.add, {features, patch}, {patch, 1}};
  const Operand<T, Line, Grid3, true> a{
      in<T>(maps), {features, s.pixels()}, pixels_of(s), int(s.out_height), int(s.out_width)};
  const Operand<T, Grid3, Grid3, true> b{in<T>(images), taps_of(s), patches_of(s), int(s.height), int(s.width)};
  run_one<T>(features, patch, s.rows * s.pixels(), a, b, c);
}

template void convolve<float>(const Convolution&, const Tensor&, const Tensor&, const Tensor&, Target);
template void convolve<double>(const Convolution&, const Tensor&, const Tensor&, const Tensor&, Target);
template void convolve_weight<float>(const Convolution&, const Tensor&, const Tensor&, Target);
template void convolve_weight<double>(const Convolution&, const Tensor&, const Tensor&, Target);

}  // namespace elbow::cuda
