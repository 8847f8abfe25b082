// Rows and mini-batches: every row once an epoch, another order each epoch, the same order for the same key.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>

#include "autograd/memory.hpp"
#include "base/streams.hpp"
#include "data/batches.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// Row r is {r, -r}, its label r mod 3.
Dataset numbered(int64_t rows) {
  std::vector<float> values;
  Attribute labels = categorical_attribute("class", 3, {});
  for (int64_t r = 0; r < rows; ++r) {
    values.insert(values.end(), {float(r), float(-r)});
    labels.values.push_back(float(r % 3));
  }
  Dataset set;
  set.x = Rows(Tensor::from(values, {rows, 2}));
  set.attributes = {labels};
  return set;
}

// The rows of one epoch in order, each checked against its index and label.
std::vector<int64_t> epoch_of(Batches& batches) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < batches.count(); ++i) {
    const Batch& batch = batches.get(i);
    BOOST_REQUIRE((batch.x.size(0) == int64_t(batch.index.size()) &&
                   batch.attributes.shape() == Shape({batch.x.size(0), 1})));
    for (size_t r = 0; r < batch.index.size(); ++r) {
      const int64_t row = batch.index[r];
      BOOST_REQUIRE((batch.x.data<float>()[2 * r] == row && batch.x.data<float>()[2 * r + 1] == -row &&
                     batch.attributes.data<float>()[r] == float(row % 3)));
      rows.push_back(row);
    }
  }
  return rows;
}

std::vector<int64_t> sorted(std::vector<int64_t> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<int64_t> first(int64_t n) {
  std::vector<int64_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_epoch_has_every_row_once) {
  const Dataset set = numbered(100);
  for (const int64_t batch_rows : {1, 7, 10, 64, 100, 1000}) {
    Batches batches(set, batch_rows, LastBatch::keep);
    BOOST_TEST(batches.rows() == 100);
    BOOST_TEST(epoch_of(batches) == first(100));  // in the set's own order at first
    batches.shuffle({1, stream::shuffle, 0});
    BOOST_TEST(sorted(epoch_of(batches)) == first(100));
  }
}

BOOST_AUTO_TEST_CASE(what_is_left_over_is_dropped_in_training) {
  const Dataset set = numbered(100);
  Batches batches(set, 30, LastBatch::drop);
  BOOST_TEST((batches.count() == 3 && batches.rows() == 90));
  batches.shuffle({1, stream::shuffle, 0});
  const auto a = epoch_of(batches), once = sorted(a);
  BOOST_TEST((a.size() == 90 && std::adjacent_find(once.begin(), once.end()) == once.end()));
  batches.shuffle({1, stream::shuffle, 1});
  const auto b = epoch_of(batches);
  BOOST_TEST(sorted(b) != once);  // other rows are left over
  BOOST_TEST(a != b);
  batches.shuffle({1, stream::shuffle, 0});
  BOOST_TEST(epoch_of(batches) == a);
  batches.shuffle({2, stream::shuffle, 0});
  BOOST_TEST(epoch_of(batches) != a);
}

BOOST_AUTO_TEST_CASE(batches_come_in_any_order) {
  const Dataset set = numbered(100);
  Batches batches(set, 30, LastBatch::keep);
  batches.shuffle({1, stream::shuffle, 5});
  const auto all = epoch_of(batches);
  const Batch& last = batches.get(3);
  BOOST_TEST((last.x.shape() == Shape{10, 2}));
  BOOST_TEST(std::equal(last.index.begin(), last.index.end(), all.begin() + 90));
  const Batch& second = batches.get(1);
  BOOST_TEST(std::equal(second.index.begin(), second.index.end(), all.begin() + 30));
}

BOOST_AUTO_TEST_CASE(a_warm_epoch_asks_the_system_for_nothing) {
  const Dataset set = numbered(1000);
  Batches batches(set, 64, LastBatch::keep);
  epoch_of(batches);
  const int64_t before = memory_statistics().system_allocations;
  epoch_of(batches);
  BOOST_TEST(memory_statistics().system_allocations == before);
}

BOOST_AUTO_TEST_CASE(rows_of_floats_and_of_pixels) {
  const Rows floats(Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2}));
  BOOST_TEST(floats.range(1, 2).to_vector() == (std::vector<double>{3, 4, 5, 6}));
  BOOST_TEST(floats.range(1, 2).data<float>() == floats.tensor().data<float>() + 2);  // shared
  const Rows pixels(std::vector<uint8_t>{0, 255, 51, 102}, 2);
  BOOST_TEST((pixels.size() == 2 && pixels.columns() == 2));
  BOOST_TEST(pixels.tensor().to_vector<float>() == (std::vector<float>{0, 1, 0.2f, 0.4f}));
  BOOST_TEST(error_of([&] { pixels.range(1, 2); }) == "[rows] there are no rows 1 to 2 among 2");
  BOOST_TEST(error_of([] { Rows(std::vector<uint8_t>(5), 2); }) == "[rows] 5 pixels do not make rows of 2");
  BOOST_TEST(contains(error_of([] { Rows(Tensor::zeros({4})); }), "[rows] rows are a matrix of float32"));
  const int64_t outside[] = {3};
  float row[2];
  BOOST_TEST(error_of([&] { floats.gather(outside, row); }) == "[rows] there is no row 3 among 3");
}

BOOST_AUTO_TEST_CASE(batches_that_cannot_be) {
  const Dataset set = numbered(10);
  BOOST_TEST(error_of([&] { Batches(set, 0, LastBatch::keep); }) ==
             "[batches] a batch has at least one row, not 0");
  BOOST_TEST(error_of([&] { Batches(set, 11, LastBatch::drop); }) ==
             "[batches] the set has 10 rows, too few for a batch of 11");
  Batches batches(set, 5, LastBatch::drop);
  BOOST_TEST(error_of([&] { batches.get(2); }) == "[batches] there is no batch 2 among 2");
}
