// The convolution kernels at sizes that the samples of the ops do not reach: cut into several chunks of pixels and
// blocks of rows, and shared among threads.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>

#include "autograd/kernels/convolution.hpp"
#include "autograd/memory.hpp"
#include "autograd/ops.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"
#include "base/parallel.hpp"
#include "tests/gradcheck.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

struct Case {
  Shape x, w;
  Extent stride, padding;
};
// Many chunks of pixels; many blocks of rows; both with a stride; images so large that blocks have 8 rows; a weight whose
// gradient is summed up as it lies, and others whose gradient is summed up transposed.
const Case cases[] = {{{3, 40, 30, 29}, {3, 40, 3, 3}, 1, 1},
                      {{300, 2, 5, 6}, {3, 2, 2, 3}, 1, 0},
                      {{130, 17, 9, 8}, {19, 17, 4, 4}, {2, 3}, {1, 2}},
                      {{19, 3, 200, 210}, {4, 3, 5, 3}, {7, 5}, 1},
                      {{70, 40, 4, 4}, {200, 40, 4, 4}, 1, 0},
                      {{90, 9, 6, 7}, {11, 9, 1, 1}, 1, 0}};

struct Tensors {
  Tensor x, w, b, y, dy, dx, dw, db;
};

template <class T> Tensors run(const Case& c, int threads) {
  set_num_threads(threads);
  Tensors t;
  t.x = uniform({1, 0, 0}, c.x, -1, 1, dtype_of<T>).set_requires_grad();
  t.w = uniform({1, 0, 1}, c.w, -1, 1, dtype_of<T>).set_requires_grad();
  t.b = uniform({1, 0, 2}, {c.w[0]}, -1, 1, dtype_of<T>).set_requires_grad();
  Tape tape;
  t.y = conv2d(t.x, t.w, t.b, c.stride, c.padding);
  t.dy = uniform({1, 0, 3}, t.y.shape(), -1, 1, dtype_of<T>);
  tape.backward(t.y, t.dy);
  t.dx = t.x.grad();
  t.dw = t.w.grad();
  t.db = t.b.grad();
  return t;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         !std::memcmp(a.body()->data, b.body()->data, size_t(a.numel()) * bytes_of(a.dtype()));
}

Convolution sizes_of(const Case& c) {
  const Window window{{c.w[2], c.w[3]}, c.stride, c.padding};
  const Extent out = window.count("test", c.x);
  return {c.x[0], c.x[1], c.x[2], c.x[3], c.w[0], out.height, out.width, window};
}

/// f(element of the images, of the maps, of the weight) for each product of a convolution.
template <class F> void for_each_product(const Convolution& s, F f) {
  const Window& w = s.window;
  for (int64_t n = 0; n < s.rows; ++n)
    for (int64_t feature = 0; feature < s.features; ++feature)
      for (int64_t u = 0; u < s.out_height; ++u)
        for (int64_t v = 0; v < s.out_width; ++v)
          for (int64_t channel = 0; channel < s.channels; ++channel)
            for (int64_t p = 0; p < w.size.height; ++p)
              for (int64_t q = 0; q < w.size.width; ++q) {
                const int64_t r = u * w.stride.height + p - w.padding.height,
                              k = v * w.stride.width + q - w.padding.width;
                if (r < 0 || r >= s.height || k < 0 || k >= s.width) continue;
                f(((n * s.channels + channel) * s.height + r) * s.width + k,
                  ((n * s.features + feature) * s.out_height + u) * s.out_width + v,
                  ((feature * s.channels + channel) * w.size.height + p) * w.size.width + q);
              }
}

}  // namespace

// Forward and both gradients against a plain loop over all products.
BOOST_AUTO_TEST_CASE(chunks_and_blocks_fit_together) {
  const test::ThreadsScope scope(num_threads());
  for (const Case& c : cases) BOOST_TEST_CONTEXT(c.x << " with " << c.w) {
      const Tensors t = run<double>(c, 1);
      const Convolution s = sizes_of(c);
      Tensor y = Tensor::empty(t.y.shape(), DType::float64), dx = Tensor::zeros(c.x, DType::float64),
             dw = Tensor::zeros(c.w, DType::float64);
      for (int64_t i = 0; i < y.numel(); ++i) {
        const int64_t row = i / s.map(), feature = i / s.pixels() % s.features;
        y.data<double>()[i] = t.b.data<double>()[t.b.rank() == 2 ? row * s.features + feature : feature];
      }
      for_each_product(
          s, [&, x = t.x.data<double>(), w = t.w.data<double>(), dy = t.dy.data<double>(), y = y.data<double>(),
              dx = dx.data<double>(), dw = dw.data<double>()](int64_t image, int64_t map, int64_t weight) {
            y[map] += x[image] * w[weight];
            dx[image] += dy[map] * w[weight];
            dw[weight] += dy[map] * x[image];
          });
      BOOST_TEST(relative_error(t.y, y) <= 1e-11);
      BOOST_TEST(relative_error(t.dx, dx) <= 1e-11);
      BOOST_TEST(relative_error(t.dw, dw) <= 1e-11);
    }
}

BOOST_AUTO_TEST_CASE(any_number_of_threads_gives_the_same_bits) {
  const test::ThreadsScope scope(num_threads());
  for (const Case& c : cases) BOOST_TEST_CONTEXT(c.x << " with " << c.w) {
      const Tensors one = run<float>(c, 1);
      for (int threads : {2, 3, 7}) {
        const Tensors many = run<float>(c, threads);
        BOOST_TEST(same_bits(many.y, one.y), threads << " threads, forward");
        BOOST_TEST(same_bits(many.dx, one.dx), threads << " threads, gradient of x");
        BOOST_TEST(same_bits(many.dw, one.dw), threads << " threads, gradient of w");
        BOOST_TEST(same_bits(many.db, one.db), threads << " threads, gradient of b");
      }
    }
}

#if !defined(__SANITIZE_ADDRESS__)
BOOST_AUTO_TEST_CASE(after_the_first_steps_nothing_is_asked_of_the_system) {
  const test::ThreadsScope scope(num_threads());
  for (int threads : {1, 3})
    for (const Case& c : cases) {
      for (int i = 0; i < 3; ++i) run<float>(c, threads);
      const int64_t before = memory_statistics().system_allocations;
      for (int i = 0; i < 3; ++i) run<float>(c, threads);
      BOOST_TEST(memory_statistics().system_allocations == before, threads << " threads, " << c.x);
    }
}
#endif

// Infinities and NaN reach every pixel whose patch has one, and no other.
BOOST_AUTO_TEST_CASE(not_a_number_reaches_its_pixels) {
  Tensor x = Tensor::zeros({2, 1, 4, 4});
  x.data<float>()[5] = NAN;  // row 0, pixel (1, 1)
  const Tensor y = conv2d(x, Tensor::ones({1, 1, 2, 2}));
  for (int64_t i = 0; i < y.numel(); ++i)
    BOOST_TEST(std::isnan(y.data<float>()[i]) == (i == 0 || i == 1 || i == 3 || i == 4), "element " << i);
}
