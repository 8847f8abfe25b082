#include "autograd/backend/cuda/arrays.hpp"

#include <cmath>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/backend/cuda/random.hpp"

namespace elbow::cuda {

namespace {
template <class T> void add_kernels(const Tensor& from, Tensor& to) {
  const auto x = in<T>(from);
  write<T>({to, true}, [=] ELBOW_DEVICE(int64_t i) { return x[i]; });
}
template <class T> void fill_kernels(Tensor& to, double value) {
  write<T>({to, false}, [=] ELBOW_DEVICE(int64_t) { return T(value); });
}
template <class T, class Distribution>
void draw(const RandomKey& key, Tensor& to, const Distribution& distribution) {
  const auto y = out<T>(to);
  for_each_number<T>(key, distribution, to.numel(), [=] ELBOW_DEVICE(int64_t i, T number) { y[i] = number; });
}
}  // namespace

void add_arrays(const Tensor& from, Tensor& to) {
  dispatch(to.dtype(), [&]<class T>() { add_kernels<T>(from, to); });
}
void fill_array(Tensor& to, double value) {
  dispatch(to.dtype(), [&]<class T>() { fill_kernels<T>(to, value); });
}

void uniform_array(const RandomKey& key, Tensor& to, double lo, double hi) {
  dispatch(to.dtype(), [&]<class T>() {
    draw<T>(key, to, UniformDistribution<T>{T(lo), T(hi) - T(lo), std::nextafter(T(hi), T(lo))});
  });
}
void normal_array(const RandomKey& key, Tensor& to, double mean, double stddev) {
  dispatch(to.dtype(), [&]<class T>() { draw<T>(key, to, NormalDistribution<T>{T(mean), T(stddev)}); });
}
void bernoulli_array(const RandomKey& key, Tensor& to, double p) {
  dispatch(to.dtype(),
           [&]<class T>() { draw<T>(key, to, BernoulliDistribution<T>{uint32_t(std::lround(p * 0x1p31))}); });
}

}  // namespace elbow::cuda
