#pragma once
// Reading where an index says, and its adjoint: adding up there. The index lies on the host.
#include <vector>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/kernels/axis_view.hpp"
#if ELBOW_DEVICE_SOURCE
#include "autograd/backend/cuda/device_array.hpp"
#endif

namespace elbow::cuda {

/// y [outer, index, inner] = the entries of x [outer, size, inner] with those numbers.
template <class T> void gather(const Tensor& x, const AxisView& view, std::span<const int64_t> index, Target y);

/// y [outer, size, inner] (+)= the adjoint: each entry is the sum of those of source [outer, index, inner] that name it, in
/// their order.
template <class T>
void scatter(const Tensor& source, const AxisView& view, std::span<const int64_t> index, Target y);

#if ELBOW_DEVICE_SOURCE

template <class T>
void gather(const Tensor& x, const AxisView& view, std::span<const int64_t> index, Target y) {
  const DeviceArray<int64_t> numbers(index);
  const Ptr<const int64_t> number = numbers.in();  // [index]
  const Ptr<const T> from = in<T>(x);              // [outer, size, inner]
  const int64_t count = int64_t(index.size()), size = view.size, inner = view.inner;
  write<T>(y, [=] ELBOW_DEVICE(int64_t i) {
    const int64_t o = i / inner / count, p = i / inner % count, k = i % inner;
    return from[(o * size + number[p]) * inner + k];
  });
}

/// The places in an index, sorted by what they name: those of entry e are places[first[e]] up to before places[first[e + 1]].
struct SortedPlaces {
  std::vector<int64_t> first, places;  // [size + 1], [index]
  SortedPlaces(std::span<const int64_t> index, int64_t size) : first(size_t(size) + 1), places(index.size()) {
    for (int64_t e : index) ++first[size_t(e) + 1];
    for (size_t e = 0; e < size_t(size); ++e) first[e + 1] += first[e];
    std::vector<int64_t> next = first;
    for (size_t p = 0; p < index.size(); ++p) places[size_t(next[size_t(index[p])]++)] = int64_t(p);
  }
};

template <class T>
void scatter(const Tensor& source, const AxisView& view, std::span<const int64_t> index, Target y) {
  const SortedPlaces sorted(index, view.size);
  const DeviceArray<int64_t> firsts(sorted.first), all_places(sorted.places);
  const Ptr<const int64_t> first = firsts.in(), places = all_places.in();  // [size + 1], [index]
  const Ptr<const T> from = in<T>(source);                                 // [outer, index, inner]
  const int64_t count = int64_t(index.size()), size = view.size, inner = view.inner;
  write<T>(y, [=] ELBOW_DEVICE(int64_t i) {
    const int64_t o = i / inner / size, e = i / inner % size, k = i % inner, end = first[e + 1];
    T sum = 0;
    for (int64_t p = first[e]; p < end; ++p) sum += from[(o * count + places[p]) * inner + k];
    return sum;
  });
}

#endif

}  // namespace elbow::cuda
