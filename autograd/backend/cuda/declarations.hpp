#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "autograd/backward_context.hpp"
#include "autograd/tensor.hpp"

// kernels.hpp as the rest of the library sees it: so that an op's file may hold its GPU kernels along with those for
// the CPU, and is compiled without CUDA.
namespace elbow::cuda {

struct Target;

template <class T> class Ptr {
 public:
  const T& operator[](int64_t i) const;
  T& operator[](int64_t i);
  Ptr operator+(int64_t n) const;
  explicit operator bool() const;
};
struct Block {
  int thread, threads;
  template <class T> T sum(T v) const;
  template <class T> T max(T v) const;
  template <class T, class F> T sum_of(int64_t n, const F& x) const;
  template <class T, class F> T max_of(int64_t n, const F& x) const;
  void wait() const;
};
template <class T> struct Output { void set(int64_t i, T value) const; };
template <class T> Ptr<const T> in(const Tensor& t);
template <class T> Ptr<T> out(Tensor& t);
template <class T> Output<T> output(Target target);
template <class F> void for_each(int64_t n, const F& f);
template <class T, class F> void write(Target target, const F& f);
template <class F> void for_rows(int64_t rows, int64_t length, const F& f);

// Those of elementwise.hpp.
template <class T, int N> struct Results;
template <class T, int N> Results<T, N> gradients(BackwardContext& c);
template <class T, int M, int N, class F>
void elementwise(const F& f, const Shape& shape, const std::array<const Tensor*, size_t(M)>& operands,
                 const Results<T, N>& y);

}  // namespace elbow::cuda
