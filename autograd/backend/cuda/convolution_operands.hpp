#pragma once
#include "autograd/backend/cuda/convolution.hpp"
#include "autograd/backend/cuda/laid_out.hpp"

// Images, maps and weights of a convolution as the operands of products.
namespace elbow::cuda {

#if ELBOW_DEVICE_SOURCE

/// Products whose operands are the same for a whole launch.
template <class A, class B, class C> struct OneProduct : Part<A, B, C> {
  static constexpr bool sums = false;
  static constexpr int count = 1;
  ELBOW_DEVICE const Part<A, B, C>& part(int) const { return *this; }
};

/// Error where a size is too large: the kernels count pixels, taps and their products in 32 bits.
inline void check_sizes(const Convolution& s) {
  for (const int64_t size :
       {s.rows * s.pixels(), s.rows * s.height * s.width, s.patch(), s.features * s.taps()})
    if (size >= int64_t{1} << 30)
      fail("cuda", "a convolution of ", s.rows, " images of ", s.height, "x", s.width, " is too large");
}

template <class T> Ptr<const T> optional(const Tensor& bias) { return bias ? in<T>(bias) : Ptr<const T>(); }

/// From the bias of one image to that of the next.
inline int bias_stride(const Tensor& bias) { return bias && bias.rank() == 2 ? int(bias.shape()[1]) : 0; }

/// (row, u, v) for each pixel of the maps: the corner of its patch in the images.
inline Grid3 patches_of(const Convolution& s) {
  const Window& w = s.window;
  return {int(s.rows * s.pixels()),
          FastDivisor(s.out_height),
          FastDivisor(s.out_width),
          s.image(),
          int(s.width),
          int(w.stride.height),
          int(w.stride.width),
          int(-w.padding.height),
          int(-w.padding.width)};
}
/// (channel, p, q) for each element of a patch.
inline Grid3 taps_of(const Convolution& s) {
  return {int(s.patch()), FastDivisor(s.window.size.height), FastDivisor(s.window.size.width),
          s.height * s.width, int(s.width)};
}
/// (row, u, v) for each pixel of the maps, in the order of the maps.
inline Grid3 pixels_of(const Convolution& s) {
  return {int(s.rows * s.pixels()), FastDivisor(s.out_height), FastDivisor(s.out_width), s.map(),
          int(s.out_width)};
}

template <class T, class A, class B, class C>
void run_in_place(int64_t m, int64_t n, int64_t k, const A& a, const B& b, const C& c) {
  run_product<T>(OneProduct<A, B, C>{{int(m), int(n), int(k), a, b, c}});
}

/// By cuBLAS where it is large, else with the operands read where they stand.
template <class T, class A, class B, class C>
void run_one(int64_t m, int64_t n, int64_t k, const A& a, const B& b, const C& c) {
  if (!is_to_lay_out<T>(m, n, k) || !run_laid_out<T>(m, n, k, a, b, c)) run_in_place<T>(m, n, k, a, b, c);
}

#endif

}  // namespace elbow::cuda
