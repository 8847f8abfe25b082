// Products and convolutions on the device against the CPU, of sizes for which their kernels cut the work in different ways: few
// or many tiles, whole or split sums, cuBLAS; and strides, paddings and kernels of every kind.
#include <boost/test/unit_test.hpp>

#include "autograd/ops.hpp"
#include "tests/device_checks.hpp"
#include "tests/gradcheck.hpp"
#include "tests/sample_inputs.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

struct OnDevice {
  OnDevice() {
    if (const std::string why = why_no_device(); !why.empty()) BOOST_TEST_MESSAGE("not tested: " << why);
  }
  const bool there = why_no_device().empty();
};

// The output and all gradients of f, whose inputs are random numbers of those shapes. Gradients are added to ones.
std::vector<Tensor> results(const Function& f, const std::vector<Shape>& shapes, DType dtype, Device device) {
  std::vector<Tensor> inputs, before;
  for (size_t i = 0; i < shapes.size(); ++i) {
    inputs.push_back(uniform({7, uint32_t(i), 0}, shapes[i], -1, 1).to(dtype).to(device));
    before.push_back(Tensor::ones(shapes[i], dtype, device));
  }
  const Tensor y = f(inputs);
  std::vector<Tensor> all = tape_gradients(f, inputs, std::vector<bool>(shapes.size(), true),
                                           random_cotangent(y.shape(), dtype).to(device), before);
  all.push_back(y);
  return all;
}

void compare(const Function& f, const std::vector<Shape>& shapes, DType dtype) {
  const std::vector<Tensor> want = results(f, shapes, dtype, Device::cpu),
                            got = results(f, shapes, dtype, Device::cuda);
  for (size_t i = 0; i < want.size(); ++i) {
    BOOST_TEST_CONTEXT(shapes[0] << " and " << shapes[1] << ", " << name_of(dtype) << ", result " << i)
    BOOST_TEST(relative_error(got[i], want[i], 0.1) <= (dtype == DType::float64 ? 1e-12 : 1e-4));
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(device_products, OnDevice)

BOOST_AUTO_TEST_CASE(matrices_of_all_kinds_of_sizes) {
  if (!there) return;
  struct Sizes {
    int64_t m, n, k;
  };
  for (const Trans ta : {Trans::no, Trans::yes})
    for (const Trans tb : {Trans::no, Trans::yes}) {
      const auto product = [&](const std::vector<Tensor>& in) { return matmul(in[0], in[1], ta, tb); };
      const auto check = [&](Sizes s, DType dtype) {
        compare(product,
                {ta == Trans::no ? Shape{s.m, s.k} : Shape{s.k, s.m},
                 tb == Trans::no ? Shape{s.k, s.n} : Shape{s.n, s.k}},
                dtype);
      };
      for (const DType dtype : {DType::float32, DType::float64})
        for (const Sizes s : {Sizes{1, 1, 1}, {64, 64, 64}, {33, 65, 70}, {5, 1, 700}, {37, 40, 1100}})
          check(s, dtype);
      check({650, 600, 17}, DType::float32);  // large tiles
    }
}

BOOST_AUTO_TEST_CASE(large_tiles_whose_sums_are_split) {
  if (!there) return;
  const auto product = [](const std::vector<Tensor>& in) { return matmul(in[0], in[1]); };
  for (const DType dtype : {DType::float32, DType::float64})
    compare(product, {{130, 1050}, {1050, 250}}, dtype);
}

BOOST_AUTO_TEST_CASE(a_linear_layer_and_the_sums_of_its_bias) {
  if (!there) return;
  const auto layer = [](const std::vector<Tensor>& in) { return linear(in[0], in[1], in[2]); };
  for (const DType dtype : {DType::float32, DType::float64}) {
    compare(layer, {{64, 64}, {64, 64}, {64}}, dtype);
    compare(layer, {{1100, 33}, {33, 70}, {70}}, dtype);  // the gradients are split sums
    compare(layer, {{20, 1}, {1, 3}, {3}}, dtype);
  }
  compare(layer, {{20, 640}, {640, 600}, {600}}, DType::float32);    // large tiles
  compare(layer, {{1050, 130}, {130, 250}, {250}}, DType::float32);  // and split sums
  compare(layer, {{520, 512}, {512, 520}, {520}}, DType::float32);   // by cuBLAS
  const auto with_relu = [](const std::vector<Tensor>& in) { return linear(in[0], in[1], in[2], true); };
  compare(with_relu, {{64, 64}, {64, 64}, {64}}, DType::float64);
  compare(with_relu, {{33, 1100}, {1100, 70}, {70}}, DType::float32);   // split sums
  compare(with_relu, {{520, 512}, {512, 520}, {520}}, DType::float32);  // by cuBLAS
}

BOOST_AUTO_TEST_CASE(batches_of_matrices) {
  if (!there) return;
  const auto product = [](const std::vector<Tensor>& in) { return matmul(in[0], in[1]); };
  for (const DType dtype : {DType::float32, DType::float64}) {
    compare(product, {{70, 5, 33}, {70, 33, 34}}, dtype);
    compare(product, {{3, 1, 5, 600}, {4, 600, 7}}, dtype);
  }
  compare(product, {{24, 130, 20}, {24, 20, 129}}, DType::float32);  // the largest tiles
}

BOOST_AUTO_TEST_CASE(convolutions_of_all_kinds_of_windows) {
  if (!there) return;
  struct Case {
    Shape images, weight;
    Extent stride, padding;
  };
  const std::vector<Case> cases{
      {{3, 2, 9, 8}, {4, 2, 3, 3}, 1, 1},    {{2, 3, 11, 9}, {5, 3, 5, 4}, 2, {0, 1}},
      {{2, 3, 12, 13}, {40, 3, 6, 5}, 2, 2}, {{2, 2, 10, 11}, {3, 2, 2, 5}, {3, 2}, 1},
      {{30, 2, 6, 6}, {33, 2, 2, 2}, 1, 0},  {{2, 35, 5, 5}, {70, 35, 4, 4}, 1, 0},
      {{1, 2, 9, 9}, {3, 2, 1, 2}, 4, 0},    {{40, 3, 14, 14}, {64, 3, 4, 4}, 2, 1},
      {{3, 6, 5, 5}, {7, 6, 4, 4}, 2, 0},    {{3, 2, 3, 3}, {4, 2, 4, 4}, 2, 1}};  // maps of one pixel
  for (const Case& c : cases)
    for (const DType dtype : {DType::float32, DType::float64}) {
      const auto convolution = [&](const std::vector<Tensor>& in) {
        return conv2d(in[0], in[1], in[2], c.stride, c.padding);
      };
      compare(convolution, {c.images, c.weight, {c.weight[0]}}, dtype);
      compare(convolution, {c.images, c.weight, {c.images[0], c.weight[0]}}, dtype);
      // Of the same weight: from maps to images.
      const auto transposed = [&](const std::vector<Tensor>& in) {
        return conv_transpose2d(in[0], in[1], in[2], c.stride, c.padding);
      };
      const Shape maps{c.images[0], c.weight[0], 4, 5};
      compare(transposed, {maps, c.weight, {c.weight[1]}}, dtype);
      compare(transposed, {maps, c.weight, {c.images[0], c.weight[1]}}, dtype);
    }
}

// All three products are laid out for cuBLAS. Some pixels of the images are reached by no tap.
BOOST_AUTO_TEST_CASE(large_convolutions_by_cublas) {
  if (!there) return;
  const auto convolution = [](const std::vector<Tensor>& in) { return conv2d(in[0], in[1], in[2], 2, 1); };
  compare(convolution, {{70, 40, 16, 14}, {64, 40, 4, 4}, {70, 64}}, DType::float32);
  const auto transposed = [](const std::vector<Tensor>& in) {
    return conv_transpose2d(in[0], in[1], in[2], {3, 2}, {0, 1}, {1, 0});
  };
  compare(transposed, {{70, 64, 7, 7}, {64, 40, 4, 4}, {40}}, DType::float32);
  compare(transposed, {{70, 64, 7, 7}, {64, 40, 4, 4}, {70, 40}}, DType::float32);
}

BOOST_AUTO_TEST_CASE(large_convolutions_to_and_from_one_pixel) {
  if (!there) return;
  const auto convolution = [](const std::vector<Tensor>& in) { return conv2d(in[0], in[1], in[2], 2, {0, 1}); };
  compare(convolution, {{66, 64, 9, 6}, {512, 64, 8, 8}, {66, 512}}, DType::float32);
  const auto transposed = [](const std::vector<Tensor>& in) {
    return conv_transpose2d(in[0], in[1], in[2], 1, 1);
  };
  compare(transposed, {{66, 512, 1, 1}, {512, 64, 8, 8}, {66, 64}}, DType::float32);
}

BOOST_AUTO_TEST_SUITE_END()
