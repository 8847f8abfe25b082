#pragma once
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "autograd/tape.hpp"
#include "autograd/tensor.hpp"

/// Gradients by the tape and by differences, and how far they are apart.
namespace elbow::test {

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

/// The relative error of `got` against `want`, the larger of two: that of the norms, |got - want| / |want|, and
/// that of the worst element. A small element beside large ones has the rounding errors of the large ones in
/// it, so an element counts for no less than `floor` times the largest; without that floor an exact gradient of
/// 1e-12 would fail, and with the norms alone a wrong one of 1e-7 would pass. NaN anywhere gives NaN, which
/// passes no comparison.
inline double relative_error(const std::vector<double>& got, const std::vector<double>& want,
                             double floor = 1e-3) {
  if (got.size() != want.size()) return INFINITY;
  double apart = 0, norm = 0, largest = 0, worst = 0;
  for (double w : want) largest = std::max(largest, std::abs(w));
  for (size_t i = 0; i < got.size(); ++i) {
    const double d = std::abs(got[i] - want[i]);
    if (std::isnan(d)) return NAN;
    if (d == 0) continue;
    apart += d * d;
    worst = std::max(worst, d / std::max(std::abs(want[i]), floor * largest));
  }
  for (double w : want) norm += w * w;
  return apart == 0 ? 0 : std::max(std::sqrt(apart / norm), worst);
}

inline double relative_error(const Tensor& got, const Tensor& want, double floor = 1e-3) {
  return got.shape() == want.shape() ? relative_error(got.to_vector(), want.to_vector(), floor) : INFINITY;
}

inline std::vector<Tensor> clones(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> copies;
  for (const Tensor& t : tensors) copies.push_back(t.clone());
  return copies;
}

/// The elements whose derivatives are checked: all of them, or each p-th of a large tensor, with a prime p, so that
/// every row and column gets its turn.
inline std::vector<size_t> checked_elements(const Tensor& t) {
  size_t step = 1;
  for (size_t prime : {1, 13, 101, 1009}) {
    step = prime;
    if (size_t(t.numel()) / step <= 300) break;
  }
  std::vector<size_t> elements;
  for (size_t i = 0; i < size_t(t.numel()); i += step) elements.push_back(i);
  return elements;
}

inline std::vector<double> at_checked_elements(const Tensor& t) {
  std::vector<double> values;
  const std::vector<double> all = t.to_vector();
  for (size_t i : checked_elements(t)) values.push_back(all[i]);
  return values;
}

/// The derivatives of the sum of `terms` of the inputs with respect to the checked elements of input k, by central
/// differences in float64. The terms are subtracted one by one before they are summed up, so that the large ones do
/// not drown the small differences; with h = 1e-5 both the error of the formula (h^2) and that of rounding (1e-16 / h)
/// stay below 1e-9 for functions of about unit size.
inline std::vector<double> differences(
    const std::function<std::vector<double>(const std::vector<Tensor>&)>& terms,
    const std::vector<Tensor>& inputs, size_t k) {
  constexpr double h = 1e-5;
  std::vector<double> derivatives;
  for (size_t i : checked_elements(inputs[k])) {
    const auto at = [&](double step) {
      std::vector<Tensor> moved = clones(inputs);
      moved[k].data<double>()[i] += step;
      return terms(moved);
    };
    const std::vector<double> above = at(h), below = at(-h);
    double sum = 0;
    for (size_t o = 0; o < above.size(); ++o) sum += (above[o] - below[o]) / (2 * h);
    derivatives.push_back(sum);
  }
  return derivatives;
}

/// d <cotangent, f> / d input k by differences, at the checked elements.
inline std::vector<double> numerical_gradient(const Function& f, const std::vector<Tensor>& inputs, size_t k,
                                              const Tensor& cotangent) {
  const NoGrad no_grad;
  const std::vector<double> weights = cotangent.to_vector();
  const auto terms = [&](const std::vector<Tensor>& x) {
    std::vector<double> y = f(x).to_vector();
    for (size_t o = 0; o < y.size(); ++o) y[o] *= weights[o];
    return y;
  };
  return differences(terms, inputs, k);
}

/// d <cotangent, f> / d input by the tape, for the inputs that are `wanted`; undefined for the others. With
/// `before`, the inputs have those gradients already, and the new ones are added to them.
inline std::vector<Tensor> tape_gradients(const Function& f, const std::vector<Tensor>& inputs,
                                          const std::vector<bool>& wanted, const Tensor& cotangent,
                                          const std::vector<Tensor>& before = {}) {
  Tape tape;
  std::vector<Tensor> leaves = clones(inputs), gradients;
  for (size_t i = 0; i < leaves.size(); ++i) {
    leaves[i].set_requires_grad(wanted[i]);
    if (wanted[i] && !before.empty()) leaves[i].set_grad(before[i].clone());
  }
  const Tensor y = f(leaves);
  if (y.tracked()) tape.backward(y, cotangent.to(y.dtype()));
  for (const Tensor& leaf : leaves) gradients.push_back(leaf.grad());
  return gradients;
}

}  // namespace elbow::test
