// Solutions of the exercises of chapter 5.
#include <cmath>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "05-matrix-product.hpp"
#include "tour.hpp"

inline std::vector<float> whole_numbers(int64_t n, int64_t step) {
  std::vector<float> x(size_t(n * n));
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(int64_t(i) * step % 11 - 5);
  return x;
}

// 1. A border of zeros, up to the next size that tiles fill. It adds zeros to sums, and is cut off again.
inline std::vector<float> of_any_size(int64_t n, const std::vector<float>& a, const std::vector<float>& b) {
  const int64_t wide = (n + 95) / 96 * 96;
  const auto resized = [](const std::vector<float>& x, int64_t from, int64_t to) {
    std::vector<float> y(size_t(to * to));
    for (int64_t i = 0; i < std::min(from, to); ++i)
      std::copy_n(x.begin() + i * from, std::min(from, to), y.begin() + i * to);
    return y;
  };
  std::vector<float> c(size_t(wide * wide));
  packed_tiles(wide, resized(a, n, wide).data(), resized(b, n, wide).data(), c.data());
  return resized(c, wide, n);
}

inline void any_size() {
  for (const int64_t n : {1, 50, 100}) {
    const auto a = whole_numbers(n, 7), b = whole_numbers(n, 5);
    std::vector<float> c(a.size());
    three_loops(n, a.data(), b.data(), c.data());
    tour::check("1. of size " + std::to_string(n), of_any_size(n, a, b) == c);
  }
}

// 2. Only the copy changes: the panel of the transpose.
inline void times_transpose(int64_t n, const float* a, const float* b, float* c) {
  std::fill_n(c, n * n, 0.f);
  std::vector<float> panel(size_t(n * columns));
  for (int64_t j = 0; j < n; j += columns) {
    for (int64_t p = 0; p < n; ++p)
      for (int64_t x = 0; x < columns; ++x) panel[size_t(p * columns + x)] = b[(j + x) * n + p];
    for (int64_t i = 0; i < n; i += rows) tile(n, a + i * n, n, panel.data(), columns, c + i * n + j, n);
  }
}

inline void transposed() {
  const int64_t n = 192;
  const auto a = whole_numbers(n, 7), b = whole_numbers(n, 5);
  std::vector<float> b_turned(b), c(a), d(a);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) b_turned[size_t(j * n + i)] = b[size_t(i * n + j)];
  times_transpose(n, a.data(), b.data(), c.data());
  three_loops(n, a.data(), b_turned.data(), d.data());
  tour::check("2. A times the transpose of B", c == d);
}

// 3. Threads share the rows of C, or the depth.
inline std::vector<float> shared(int64_t n, const std::vector<float>& a, const std::vector<float>& b,
                                 int threads, bool rows_of_c) {
  const int64_t parts = n / 96;
  std::vector<std::vector<float>> sums(size_t(rows_of_c ? 1 : threads), std::vector<float>(size_t(n * n)));
  std::vector<std::thread> team;
  for (int t = 0; t < threads; ++t)
    team.emplace_back([&, t] {
      const int64_t first = parts * t / threads * 96, last = parts * (t + 1) / threads * 96;
      float* const c = sums[size_t(rows_of_c ? 0 : t)].data();
      for (int64_t j = 0; j < n; j += columns)
        for (int64_t i = rows_of_c ? first : 0; i < (rows_of_c ? last : n); i += rows) {
          const int64_t p = rows_of_c ? 0 : first, depth = rows_of_c ? n : last - first;
          tile(depth, a.data() + i * n + p, n, b.data() + p * n + j, n, c + i * n + j, n);
        }
    });
  for (std::thread& thread : team) thread.join();
  for (size_t t = 1; t < sums.size(); ++t)
    for (size_t i = 0; i < sums[0].size(); ++i) sums[0][i] += sums[t][i];
  return sums[0];
}

inline void threads() {
  const int64_t n = 288;
  std::vector<float> a(size_t(n * n)), b(a);
  for (size_t i = 0; i < a.size(); ++i) a[i] = std::sin(float(i)), b[i] = std::cos(float(3 * i));
  const auto alone = shared(n, a, b, 1, true);
  for (const int count : {2, 3}) {
    const std::string name = std::to_string(count) + " threads";
    tour::check("3. the same bits with " + name + " that share rows", shared(n, a, b, count, true) == alone);
    tour::check("3. other bits with " + name + " that share the depth", shared(n, a, b, count, false) != alone);
  }
}

int main() {
  any_size();
  transposed();
  threads();
  return tour::failures;
}
