// What the samples of the ops do not say: ties, NaN, places, parts of tensors, and functions made of several ops.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "autograd/autograd.hpp"

using namespace elbow;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

Tensor numbers(const Shape& shape) {  // 0, 1, 2, ...
  std::vector<double> values(size_t(shape.numel()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = double(i);
  return Tensor::from(values, shape);
}

void equal_to(const Tensor& t, const std::vector<double>& values) {
  BOOST_TEST(t.to_vector() == values, boost::test_tools::per_element());
}

auto message_has(const std::string& part) {
  return [part](const Error& e) { return std::string(e.what()).find(part) != std::string::npos; };
}

}  // namespace

BOOST_AUTO_TEST_CASE(equal_largest_elements_share_the_gradient) {
  Tensor x = Tensor::from<double>({3, 1, 3, 2, 5, 4}, {2, 3}).set_requires_grad();
  for (bool smallest : {false, true}) {
    Tape tape;
    tape.backward(sum(smallest ? amin(-x, 1) : max(x, 1)));
  }
  equal_to(x.grad(), {0, 0, 0, 0, 0, 0});
  Tape tape;
  tape.backward(max(x * x));
  equal_to(x.grad(), {0, 0, 0, 0, 10, 0});
  x.grad().fill_(0);
  Tape again;
  again.backward(sum(amax(x, 1)));
  equal_to(x.grad(), {0.5, 0, 0.5, 0, 1, 0});
}

BOOST_AUTO_TEST_CASE(a_nan_is_the_largest_and_the_smallest) {
  for (int64_t n : {3, 40})  // in the loop over single numbers, and over registers
    for (DType dtype : {DType::float32, DType::float64}) {
      Tensor x = numbers({n}).to(dtype);
      x.set({1}, nan_value);
      BOOST_TEST(std::isnan(amax(x).item()));
      BOOST_TEST(std::isnan(min(x).item()));
      BOOST_TEST(argmax(x, 0)[0] == 1);
      BOOST_TEST(argmin(x, 0)[0] == 1);
    }
}

BOOST_AUTO_TEST_CASE(places_of_the_largest) {
  const Tensor x = Tensor::from<double>({1, 7, 7, 2, 0, 9}, {2, 3});
  BOOST_TEST(argmax(x, 1).to_vector() == (std::vector<int64_t>{1, 2}));
  BOOST_TEST(argmax(x, 0).to_vector() == (std::vector<int64_t>{1, 0, 1}));
  BOOST_TEST(argmin(x, -1).to_vector() == (std::vector<int64_t>{0, 1}));
  BOOST_CHECK(argmax(x, 1, true).shape() == (Shape{2, 1}));
  BOOST_CHECK(argmax(x, 1).shape() == (Shape{2}));
  equal_to(gather(x, 1, argmax(x, 1, true)), {7, 9});
  BOOST_CHECK_EXCEPTION(argmax(x, 2), Error, message_has("[argmax] axis 2"));
  BOOST_CHECK_EXCEPTION(argmax(Tensor::zeros({2, 0}), 1), Error, message_has("no elements"));
}

BOOST_AUTO_TEST_CASE(transposes) {
  const Tensor x = numbers({2, 3, 4});
  BOOST_CHECK(transpose(x).shape() == (Shape{2, 4, 3}));
  BOOST_CHECK(transpose(x, 0, -1).shape() == (Shape{4, 3, 2}));
  BOOST_TEST(transpose(x, 0, 2).at(3, 1, 1) == x.at(1, 1, 3));
  BOOST_CHECK_EXCEPTION(transpose(Tensor::zeros({3})), Error, message_has("[transpose] axis -2"));
}

BOOST_AUTO_TEST_CASE(a_part_of_a_tensor) {
  const Tensor x = numbers({3, 4, 2});
  equal_to(x(1, 2), {12, 13});
  BOOST_CHECK(x(1).shape() == (Shape{4, 2}));
  BOOST_CHECK(x(Range(1, 3), all, -1).shape() == (Shape{2, 4}));
  equal_to(x(Range(1, 3), all, -1), {9, 11, 13, 15, 17, 19, 21, 23});
  equal_to(x(0, Range(0, Range::end, 2), 0), {0, 4});
  equal_to(x(0, Range(-3), 1), {3, 5, 7});
  equal_to(x(2, Range(0, -1), 1), {17, 19, 21});
  BOOST_CHECK(x(Range(1, 100)).shape() == (Shape{2, 4, 2}));  // cut to the size, as in NumPy
  BOOST_CHECK(x(all, Range(3, 1)).shape() == (Shape{3, 0, 2}));
  BOOST_CHECK(x(0, 0, 0).shape() == Shape{});
  BOOST_TEST(x(-1, -1, -1).item() == 23);
  BOOST_CHECK(x(all, all).same_as(x));
  BOOST_CHECK_EXCEPTION(x(0, 4), Error, message_has("index 4 of axis 1 of a tensor of shape [3,4,2]"));
  BOOST_CHECK_EXCEPTION(x(0, 0, 0, 0), Error, message_has("4 indices"));
  BOOST_CHECK_EXCEPTION(x(Range(0, 2, 0)), Error, message_has("step of 0"));
}

BOOST_AUTO_TEST_CASE(a_part_has_elements_of_its_own_and_a_gradient) {
  Tensor x = numbers({3, 2}).set_requires_grad();
  Tensor first = x.detach()(0);
  first.fill_(7);
  BOOST_TEST(x.at(0, 0) == 0);
  Tape tape;
  tape.backward(sum(square(x(Range(0, 3, 2), 1))));
  equal_to(x.grad(), {0, 2, 0, 0, 0, 10});
}

BOOST_AUTO_TEST_CASE(one_hot_rows_and_tables) {
  const Indices labels({2, 0, 1, 2}, {2, 2});
  const Tensor y = one_hot(labels, 3);
  BOOST_CHECK(y.shape() == (Shape{2, 2, 3}));
  BOOST_CHECK(y.dtype() == DType::float32);
  equal_to(y, {0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1});
  BOOST_CHECK_EXCEPTION(one_hot({3}, 3), Error, message_has("[one_hot] index 3"));

  Tensor table = numbers({3, 2}).set_requires_grad();
  Tape tape;
  const Tensor rows = embedding(table, labels);
  BOOST_CHECK(rows.shape() == (Shape{2, 2, 2}));
  equal_to(rows, {4, 5, 0, 1, 2, 3, 4, 5});
  tape.backward(sum(rows));
  equal_to(table.grad(), {1, 1, 1, 1, 2, 2});
  BOOST_CHECK_EXCEPTION(embedding(table, {5}), Error, message_has("[embedding] index 5"));
}

BOOST_AUTO_TEST_CASE(tensors_side_by_side) {
  const Tensor a = numbers({2}), b = a + 10;
  BOOST_CHECK(stack({a, b, a}).shape() == (Shape{3, 2}));
  equal_to(stack({a, b}), {0, 1, 10, 11});
  equal_to(stack({a, b}, -1), {0, 10, 1, 11});
  equal_to(concat({a, b, a}), {0, 1, 10, 11, 0, 1});
  BOOST_CHECK_EXCEPTION(stack({a, numbers({3})}), Error, message_has("[stack] shapes [2] and [3] differ"));
  BOOST_CHECK_EXCEPTION(stack({a, b}, 2), Error, message_has("a new axis 2"));
}

BOOST_AUTO_TEST_CASE(labels_cost_what_one_hot_targets_cost) {
  Tensor logits = normal({1, 2, 3}, {5, 4}, 0, 3, DType::float64).set_requires_grad();
  const Indices labels{3, 0, 1, 1, 2};
  for (Reduction r : {Reduction::mean, Reduction::per_row}) {
    Tape tape;
    const Tensor a = cross_entropy(logits, labels, r),
                 b = cross_entropy_with_logits(logits, one_hot(labels, 4, DType::float64), r);
    BOOST_TEST(sum(abs(a - b)).item() < 1e-14);
    tape.backward(sum(a - b));
    BOOST_TEST(sum(abs(logits.grad())).item() < 1e-14);
  }
}

BOOST_AUTO_TEST_CASE(one_class_is_certain) {
  Tensor logits = Tensor::from<double>({3, -800}, {2, 1}).set_requires_grad();
  Tape tape;
  const Tensor loss = cross_entropy(logits, {0, 0});
  BOOST_TEST(loss.item() == 0);
  tape.backward(loss);
  equal_to(logits.grad(), {0, 0});
}

BOOST_AUTO_TEST_CASE(batches_of_products_have_the_bits_of_single_ones) {
  for (DType dtype : {DType::float32, DType::float64}) {
    const Tensor a = normal({1, 2, 0}, {3, 33, 40}, 0, 1, dtype),
                 b = normal({1, 2, 1}, {3, 40, 21}, 0, 1, dtype);
    const Tensor y = matmul(a, b), by_one = matmul(a, b(0));
    for (int64_t i = 0; i < 3; ++i) {
      equal_to(y(i), matmul(a(i), b(i)).to_vector());
      equal_to(by_one(i), matmul(a(i), b(0)).to_vector());
    }
  }
}
