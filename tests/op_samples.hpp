#pragma once
#include <boost/test/unit_test.hpp>
#include <string>

#include "autograd/alias.hpp"
#include "tests/sample_inputs.hpp"

/// Walks over the registry: the tests of the ops are made from what the ops' own files declare.
namespace elbow::test {

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
