#pragma once
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "autograd/alias.hpp"
#include "autograd/error.hpp"
#include "autograd/random.hpp"
#include "autograd/registry.hpp"

/// Walks over the registry: the tests of the ops are made from what the ops' own files declare.
namespace elbow::test {

/// The ops to test: all of them, or the one that the environment names, as in `ELBOW_OP=softplus
/// build/test_ops`.
inline std::vector<OpInfo> ops_to_test() {
  std::vector<OpInfo> ops = all_ops();
  if (const char* only = std::getenv("ELBOW_OP")) {
    std::erase_if(ops, [&](const OpInfo& op) { return op.name != only; });
    if (ops.empty()) fail("ELBOW_OP", "there is no op named ", only);
  }
  return ops;
}

/// Tells of the first five failures of a sample, and how many there were: a wrong formula fails for every element.
class FewFailures {
 public:
  static constexpr int most = 5;
  ~FewFailures() {
    if (count_ > most) BOOST_TEST_MESSAGE("... and " << count_ - most << " more failures of this sample");
  }
  void operator()(const std::string& message) {
    if (++count_ <= most) BOOST_ERROR(message);
  }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

/// f(op, sample) for each sample of each op; a failure in it says of which.
template <class F> void for_each_sample(F f) {
  for (const OpInfo& op : ops_to_test())
    for (const OpSample& sample : op.samples) BOOST_TEST_CONTEXT(op.name << ": " << sample.note) {
        f(op, sample);
      }
}

/// Whether the gradient of each input is to be checked.
inline std::vector<bool> wanted_inputs(const OpInfo& op, const OpSample& sample) {
  std::vector<bool> wanted;
  for (const InputSpec& input : sample.inputs) wanted.push_back(!input.is_constant && op.has_derivative);
  return wanted;
}

/// A random gradient of the output to start the backward pass from. Its elements stay away from 0, so that none
/// of the output's elements goes unnoticed.
inline Tensor random_cotangent(const Shape& shape, DType dtype = DType::float64) {
  Tensor magnitude = uniform({99, 0, 0}, shape, 0.5, 1.5, DType::float64);
  const Tensor sign = bernoulli({99, 0, 1}, shape, 0.5, DType::float64);
  double* m = magnitude.data<double>();
  for (int64_t i = 0; i < magnitude.numel(); ++i) m[i] = sign.data<double>()[i] != 0 ? m[i] : -m[i];
  return magnitude.to(DType::float32).to(dtype);  // the same numbers in both types
}

inline std::vector<Tensor> converted(const std::vector<Tensor>& tensors, DType dtype) {
  std::vector<Tensor> out;
  for (const Tensor& t : tensors) out.push_back(t.to(dtype));
  return out;
}

/// A sample's inputs in float64, rounded to float32 first: so both types see the same numbers.
inline std::vector<Tensor> inputs_of(const OpInfo& op, const OpSample& sample, uint64_t seed = 1) {
  return converted(draw_inputs(sample.inputs, op.kinks, seed, DType::float32), DType::float64);
}

/// A copy of t that begins at element 1 of a longer tensor, so that its elements are not aligned to a register.
/// The elements around it hold 777; guards_intact() says whether they still do.
inline Tensor shifted(const Tensor& t) {
  Tensor view = alias(Tensor::full({t.numel() + 40}, 777, t.dtype()), t.shape(), 1);
  view.copy_(t);
  return view;
}

template <class T> bool guards_intact(const Tensor& view) {
  const T* x = view.data<T>();
  bool intact = x[-1] == T(777);
  for (int64_t i = 0; i < 39; ++i) intact = intact && x[view.numel() + i] == T(777);
  return intact;
}

}  // namespace elbow::test
