// Broadcasting: what is repeated on the way forward is summed up on the way back, for every pair of shapes that
// fit.
#include <boost/test/unit_test.hpp>

#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "tests/gradcheck.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

/// All shapes of up to three axes with sizes out of {0, 1, 2, 3}, or of {1, 3} when `few`.
std::vector<Shape> shapes(bool few) {
  const std::vector<int64_t> sizes = few ? std::vector<int64_t>{1, 3} : std::vector<int64_t>{0, 1, 2, 3};
  std::vector<Shape> all{Shape{}};
  for (int64_t a : sizes) {
    all.push_back({a});
    for (int64_t b : sizes) {
      all.push_back({a, b});
      for (int64_t c : sizes) all.push_back({a, b, c});
    }
  }
  return all;
}

bool fit(const Shape& a, const Shape& b) {
  try {
    return broadcast(a, b, "test"), true;
  } catch (const Error&) { return false; }
}

/// Element `at` of a tensor of that shape, as an index along each of its axes, counted from the last one.
std::vector<int64_t> index_of(int64_t at, const Shape& shape) {
  std::vector<int64_t> index;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index.push_back(at % shape[axis]);
    at /= shape[axis];
  }
  return index;
}

/// The element of `own` at such an index: along an axis of size 1 there is only one.
int64_t element_at(const std::vector<int64_t>& index, const Shape& own) {
  int64_t at = 0, stride = 1;
  for (int k = 0; k < own.rank(); ++k) {
    const int64_t size = own[own.rank() - 1 - k];
    at += (size == 1 ? 0 : index[size_t(k)]) * stride;
    stride *= size;
  }
  return at;
}

/// a * b and the gradients of <seed, a * b>, by plain loops.
struct Expected {
  std::vector<double> y, da, db;
  Expected(const Tensor& a, const Tensor& b, const Shape& shape, const Tensor& seed)
      : y(size_t(shape.numel())), da(size_t(a.numel())), db(size_t(b.numel())) {
    const auto va = a.to_vector(), vb = b.to_vector(), vs = seed.to_vector();
    for (size_t i = 0; i < y.size(); ++i) {
      const auto index = index_of(int64_t(i), shape);
      const auto p = size_t(element_at(index, a.shape())), q = size_t(element_at(index, b.shape()));
      y[i] = va[p] * vb[q];
      da[p] += vs[i] * vb[q];
      db[q] += vs[i] * va[p];
    }
  }
};

void check_product(const Shape& sa, const Shape& sb) {
  const Shape shape = broadcast(sa, sb, "test");
  Tensor a = uniform({1, 0, 0}, sa, 0.5, 2, DType::float64), b = uniform({1, 0, 1}, sb, 0.5, 2, DType::float64);
  const Tensor seed = uniform({1, 0, 2}, shape, -1, 1, DType::float64);
  const Expected want(a, b, shape, seed);
  a.set_requires_grad(), b.set_requires_grad();
  Tape tape;
  const Tensor y = mul(a, b);
  BOOST_TEST(y.shape() == shape);
  BOOST_TEST(relative_error(y.to_vector(), want.y) <= 1e-15);
  tape.backward(y, seed);
  BOOST_TEST(relative_error(a.grad().to_vector(), want.da) <= 1e-13);
  BOOST_TEST(relative_error(b.grad().to_vector(), want.db) <= 1e-13);
}

}  // namespace

BOOST_AUTO_TEST_CASE(products_of_all_pairs_of_small_shapes) {
  int pairs = 0;
  for (const Shape& a : shapes(false))
    for (const Shape& b : shapes(false)) {
      if (!fit(a, b)) {
        BOOST_CHECK_THROW(mul(Tensor::zeros(a), Tensor::zeros(b)), Error);
        continue;
      }
      BOOST_TEST_CONTEXT(a << " x " << b) { check_product(a, b); }
      ++pairs;
    }
  BOOST_TEST(pairs > 1000);
}

BOOST_AUTO_TEST_CASE(products_of_larger_shapes) {
  const std::vector<std::pair<Shape, Shape>> pairs = {{{37, 1, 19}, {5, 1}},
                                                      {{1, 1, 33}, {7, 5, 33}},
                                                      {{64, 65}, {65}},
                                                      {{64, 1}, {64, 65}},
                                                      {{5000}, {}},
                                                      {{3, 20000}, {3, 1}},
                                                      {{20000, 3}, {3}},
                                                      {{2, 1, 3, 1, 2, 1}, {2, 1, 3, 1, 2}},
                                                      {{1, 4, 1, 4}, {4, 1, 4, 1}},
                                                      {{2, 2, 2, 2, 2, 2}, {2, 1, 2, 1, 2, 1}}};
  for (const auto& [a, b] : pairs) BOOST_TEST_CONTEXT(a << " x " << b) {
      check_product(a, b);
      check_product(b, a);
    }
}

BOOST_AUTO_TEST_CASE(three_operands) {
  const auto few = shapes(true);
  for (const Shape& a : few)
    for (const Shape& b : few) {
      const Tensor condition = bernoulli({2, 0, 0}, {3, 1}, 0.5, DType::float64);
      const std::vector<Tensor> inputs = {condition, uniform({2, 0, 1}, a, -1, 1, DType::float64),
                                          uniform({2, 0, 2}, b, -1, 1, DType::float64)};
      const auto f = [](const std::vector<Tensor>& x) { return where(x[0], x[1], x[2]); };
      const Tensor seed = uniform({2, 0, 3}, f(inputs).shape(), 0.5, 1, DType::float64);
      const auto gradients = tape_gradients(f, inputs, {false, true, true}, seed);
      for (size_t k : {1, 2})
        BOOST_TEST(
            relative_error(at_checked_elements(gradients[k]), numerical_gradient(f, inputs, k, seed)) <= 1e-6,
            a << " and " << b);
    }
}

// The two ops that broadcasting's own gradients are written in undo each other's shapes.
BOOST_AUTO_TEST_CASE(repeating_and_summing) {
  for (const Shape& from : shapes(false))
    for (const Shape& to : shapes(false)) {
      if (!fit(from, to) || !(broadcast(from, to, "test") == to)) continue;
      const Tensor x = uniform({3, 0, 0}, from, 1, 2, DType::float64);
      const Tensor repeated = broadcast_to(x, to), back = sum_to(repeated, from);
      BOOST_TEST(repeated.shape() == to);
      BOOST_TEST(back.shape() == from);
      const double times = from.numel() ? double(to.numel()) / double(from.numel()) : 0;
      for (int64_t i = 0; i < x.numel(); ++i)
        BOOST_TEST(back.data<double>()[i] == times * x.data<double>()[i], boost::test_tools::tolerance(1e-14));
    }
}

BOOST_AUTO_TEST_CASE(losses_do_not_broadcast) {
  const Tensor a = Tensor::zeros({4, 3}), b = Tensor::zeros({4, 1});
  for (auto loss : {&squared_error, &bce_with_logits, &gaussian_kl})
    BOOST_CHECK_EXCEPTION((*loss)(a, b, Reduction::mean), Error, [](const Error& e) {
      return std::string(e.what()).find("[4,3] and [4,1] differ: a loss does not broadcast") !=
             std::string::npos;
    });
}
