// Mini-batches of plain tensors: every row once an epoch, another order each epoch, the same order for the same seed.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>

#include "autograd/tape.hpp"
#include "data_helpers.hpp"
#include "nn/nn.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// Row r of x is {r, -r}, float32; row r of y is {{r, r + 1, r + 2}}, float64.
Tensor numbered_x(int64_t rows) {
  std::vector<float> values;
  for (int64_t r = 0; r < rows; ++r) values.insert(values.end(), {float(r), float(-r)});
  return Tensor::from(values, {rows, 2});
}
Tensor numbered_y(int64_t rows) {
  std::vector<double> values;
  for (int64_t r = 0; r < rows; ++r) values.insert(values.end(), {double(r), double(r + 1), double(r + 2)});
  return Tensor::from(values, {rows, 1, 3});
}

using Rows = std::vector<int64_t>;

// The rows of an epoch in order; x and y must belong together.
Rows rows_of(Loader<2>& loader, uint64_t epoch) {
  Rows rows;
  for (const auto& [x, y] : loader.epoch(epoch)) {
    const auto p = x.to_vector(), q = y.to_vector();
    BOOST_TEST_REQUIRE((x.shape() == Shape{x.size(0), 2} && y.shape() == Shape{x.size(0), 1, 3}));
    for (size_t r = 0; r < size_t(x.size(0)); ++r) {
      const double row = p[2 * r];
      BOOST_TEST_REQUIRE((p[2 * r + 1] == -row && q[3 * r] == row && q[3 * r + 2] == row + 2));
      rows.push_back(int64_t(row));
    }
  }
  return rows;
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows first(int64_t n) {
  Rows rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_epoch_has_every_row_once) {
  for (const int64_t batch_rows : {1, 7, 10, 64, 100, 1000}) {
    Loader loader({numbered_x(100), numbered_y(100)}, {.batch_rows = batch_rows});
    BOOST_TEST(loader.rows() == 100);
    BOOST_TEST(loader.count() == (100 + batch_rows - 1) / batch_rows);
    BOOST_TEST(sorted(rows_of(loader, 0)) == first(100));
    BOOST_TEST(rows_of(loader, 0) != first(100));
  }
}

BOOST_AUTO_TEST_CASE(epochs_differ_and_seeds_repeat) {
  const Tensor x = numbered_x(100), y = numbered_y(100);
  Loader loader({x, y}, {.batch_rows = 8, .seed = 5});
  const Rows zero = rows_of(loader, 0), one = rows_of(loader, 1);
  BOOST_TEST(zero != one);
  BOOST_TEST(rows_of(loader, 0) == zero);
  Loader same({x, y}, {.batch_rows = 20, .seed = 5}), other({x, y}, {.batch_rows = 8, .seed = 6});
  BOOST_TEST(rows_of(same, 1) == one);  // whatever came before, and whatever the size of the batches
  BOOST_TEST(rows_of(other, 0) != zero);
}

BOOST_AUTO_TEST_CASE(without_shuffling_the_rows_keep_their_order) {
  Loader loader({numbered_x(100), numbered_y(100)}, {.batch_rows = 8, .shuffle = false});
  BOOST_TEST(rows_of(loader, 0) == first(100));
  BOOST_TEST(rows_of(loader, 1) == first(100));
}

BOOST_AUTO_TEST_CASE(what_is_left_over_may_be_dropped) {
  Loader loader({numbered_x(100), numbered_y(100)}, {.batch_rows = 30, .last = LastBatch::drop});
  BOOST_TEST((loader.count() == 3 && loader.rows() == 90));
  const Rows zero = sorted(rows_of(loader, 0)), one = sorted(rows_of(loader, 1));
  BOOST_TEST((zero.size() == 90 && std::adjacent_find(zero.begin(), zero.end()) == zero.end()));
  BOOST_TEST(zero != one);  // other rows are left over
}

BOOST_AUTO_TEST_CASE(one_tensor_and_batches_in_any_order) {
  Loader loader({numbered_x(10)}, {.batch_rows = 4, .shuffle = false});
  std::vector<double> seen;
  for (const auto& [x] : loader.epoch(0)) seen.push_back(x.to_vector().front());
  BOOST_TEST(seen == (std::vector<double>{0, 4, 8}));
  BOOST_TEST(loader.get(2)[0].to_vector() == (std::vector<double>{8, -8, 9, -9}));
  BOOST_TEST(loader.get(0)[0].to_vector().front() == 0);
  BOOST_TEST(error_of([&] { loader.get(3); }) == "[batches] there is no batch 3 among 3");
}

// A batch is overwritten by the next one; a tape that still needs it says so.
BOOST_AUTO_TEST_CASE(a_batch_is_valid_until_the_next_one) {
  Loader loader({numbered_x(8)}, {.batch_rows = 4, .shuffle = false});
  Tensor w = Tensor::ones({2, 1});
  w.set_requires_grad();
  Tape tape;
  const Tensor loss = sum(matmul(loader.get(0)[0], w));
  loader.get(1);
  BOOST_TEST(contains(error_of([&] { tape.backward(loss); }), "batches"));
}

BOOST_AUTO_TEST_CASE(loaders_that_cannot_be) {
  const Tensor x = numbered_x(10), y = numbered_y(9);
  BOOST_TEST(error_of([&] {
               Loader({x, y});
             }) ==
             "[loader] all tensors must have the same number of rows: tensor 0 is [10,2], tensor 1 is [9,1,3]");
  BOOST_TEST(error_of([&] { Loader({x, Tensor()}); }) == "[loader] tensor 1 has no rows");
  BOOST_TEST(error_of([&] { Loader({Tensor::zeros({})}); }) == "[loader] tensor 0 has no rows");
  BOOST_TEST(error_of([&] {
               Loader({Tensor::zeros({0, 2})});
             }) == "[batches] the set has 0 rows, too few for a batch of 32");
  BOOST_TEST(error_of([&] { Loader({x}, {.batch_rows = 0}); }) ==
             "[batches] a batch has at least one row, not 0");
  BOOST_TEST(error_of([&] { Loader({x}, {.batch_rows = 11, .last = LastBatch::drop}); }) ==
             "[batches] the set has 10 rows, too few for a batch of 11");
  Loader no_columns({Tensor::zeros({10, 0})}, {.batch_rows = 4});
  BOOST_TEST((no_columns.get(2)[0].shape() == Shape{2, 0}));
}
