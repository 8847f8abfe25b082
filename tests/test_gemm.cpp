#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "autograd/kernels/gemm/gemm.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"

using namespace elbow;

namespace {

/// One product with everything around it: matrices with room beside their rows, guard cells, an offset from
/// alignment.
template <class T> struct Case {
  bool ta = false, tb = false, accumulate = false, bias = false, relu = false;
  int64_t m = 0, n = 0, k = 0;
  int64_t extra = 0;   // unused columns after each row
  int64_t offset = 0;  // entries between the 64-byte boundary and the first entry
};

template <class T> std::string describe(const Case<T>& q) {
  return str(sizeof(T) == 4 ? "float " : "double ", q.ta ? "T" : "N", q.tb ? "T" : "N", " m=", q.m, " n=", q.n,
             " k=", q.k, " extra=", q.extra, " offset=", q.offset, " accumulate=", q.accumulate,
             " bias=", q.bias, " relu=", q.relu);
}

template <class T> struct Problem {
  static constexpr T guard = T(-12345.5);
  std::vector<T> a, b, bias, before, c;
  GemmArgs<T> g{};

  explicit Problem(const Case<T>& q, uint32_t seed = 1) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(-1, 1);
    auto fill = [&](std::vector<T>& v, int64_t rows, int64_t ld) {
      v.resize(std::size_t(rows * ld + q.offset));
      for (T& x : v) x = T(uniform(random));
      return v.data() + q.offset;
    };
    g.ta = Trans(q.ta), g.tb = Trans(q.tb);
    g.m = q.m, g.n = q.n, g.k = q.k;
    g.lda = (q.ta ? q.m : q.k) + q.extra, g.ldb = (q.tb ? q.k : q.n) + q.extra, g.ldc = q.n + q.extra;
    g.a = fill(a, q.ta ? q.k : q.m, g.lda);
    g.b = fill(b, q.tb ? q.n : q.k, g.ldb);
    if (q.bias) g.bias = fill(bias, 1, q.n);
    g.accumulate = q.accumulate;
    g.activation = q.relu ? Activation::relu : Activation::none;
    fill(c, q.m, g.ldc);
    c.resize(c.size() + 32, guard);  // and beyond the last row
    for (int64_t i = 0; i < q.offset; ++i) c[std::size_t(i)] = guard;
    for (int64_t i = 0; i < q.m; ++i)
      for (int64_t j = q.n; j < g.ldc; ++j) c[std::size_t(q.offset + i * g.ldc + j)] = guard;
    before = c;
    g.c = c.data() + q.offset;
  }

  T at_a(int64_t i, int64_t p) const { return g.ta == Trans::yes ? g.a[p * g.lda + i] : g.a[i * g.lda + p]; }
  T at_b(int64_t p, int64_t j) const { return g.tb == Trans::yes ? g.b[j * g.ldb + p] : g.b[p * g.ldb + j]; }

  /// C by a plain loop in double: [m, n].
  std::vector<double> reference(int64_t offset) const {
    std::vector<double> row(std::size_t(g.k)), column(std::size_t(g.k * g.n)), result;
    for (int64_t j = 0; j < g.n; ++j)
      for (int64_t p = 0; p < g.k; ++p) column[std::size_t(j * g.k + p)] = double(at_b(p, j));
    for (int64_t i = 0; i < g.m; ++i) {
      for (int64_t p = 0; p < g.k; ++p) row[std::size_t(p)] = double(at_a(i, p));
      for (int64_t j = 0; j < g.n; ++j) {
        double sum = g.accumulate ? double(before[std::size_t(offset + i * g.ldc + j)]) : 0;
        const double* const other = column.data() + j * g.k;  // [k]
        for (int64_t p = 0; p < g.k; ++p) sum += row[std::size_t(p)] * other[p];
        if (g.bias) sum += double(g.bias[j]);
        result.push_back(g.activation == Activation::relu && sum < 0 ? 0 : sum);
      }
    }
    return result;
  }

  /// Compares c with the reference; returns what is wrong, or "".
  std::string check(const std::vector<double>& expected, int64_t offset) const {
    for (std::size_t i = 0; i < c.size(); ++i)
      if (before[i] == guard && c[i] != guard) return str("wrote outside C at ", i);
    const double allowed = double(std::numeric_limits<T>::epsilon()) * double(g.k + 4);
    for (int64_t i = 0; i < g.m; ++i)
      for (int64_t j = 0; j < g.n; ++j) {
        const double is = double(c[std::size_t(offset + i * g.ldc + j)]),
                     want = expected[std::size_t(i * g.n + j)];
        if (!(std::abs(is - want) <= allowed)) return str("[", i, ",", j, "] is ", is, ", should be ", want);
      }
    return "";
  }
};

template <class T> void verify(const Case<T>& q) {
  Problem<T> problem(q);
  const std::vector<double> expected = problem.reference(q.offset);
  for (auto* const backend : {&gemm_simd<T>, &gemm_openblas<T>, &gemm<T>}) {
    problem.c = problem.before;
    problem.g.c = problem.c.data() + q.offset;
    backend(problem.g);
    const std::string wrong = problem.check(expected, q.offset);
    if (!wrong.empty()) BOOST_ERROR(describe(q) << ": " << wrong);
  }
}

/// Calls f with each combination of the two transposes.
template <class F> void each_transpose(F f) {
  for (int t = 0; t < 4; ++t) f((t & 1) != 0, (t & 2) != 0);
}

template <class T> void odd_sizes() {
  const std::vector<int64_t> sizes{0, 1, 2, 3, 5, 6, 7, 8, 15, 16, 17, 31, 33, 47, 63, 64, 65, 67, 100, 130};
  uint32_t pick = 7;  // every m with every n, k from a fixed pseudo-random walk; options likewise
  for (int64_t m : sizes)
    for (int64_t n : sizes)
      each_transpose([&](bool ta, bool tb) {
        pick = pick * 1664525U + 1013904223U;
        Case<T> q{ta, tb, bool(pick >> 10 & 1), bool(pick >> 11 & 1), bool(pick >> 12 & 1), m, n};
        q.k = sizes[(pick >> 16) % sizes.size()];
        q.extra = int64_t(pick >> 13 & 1) * 3;
        q.offset = int64_t(pick >> 14 & 1);
        verify(q);
      });
  for (int64_t k : sizes)  // every k, at shapes that a layer has
    each_transpose([&](bool ta, bool tb) {
      verify(Case<T>{ta, tb, false, false, false, 64, 64, k});
      verify(Case<T>{ta, tb, true, true, true, 6, 33, k, 1, 1});
      verify(Case<T>{ta, tb, true, true, false, 33, 2, k, 1, 1});
    });
}

/// The same product at 1, 2 and 3 threads must give the same bits, by either backend and by `auto`.
template <class T> void same_bits(const Case<T>& q) {
  const int threads = num_threads();
  for (auto* const backend : {&gemm_simd<T>, &gemm_openblas<T>, &gemm<T>}) {
    std::vector<T> first;
    for (int t = 1; t <= 3; ++t) {
      set_num_threads(t);
      Problem<T> problem(q);
      backend(problem.g);
      if (t == 1)
        first = problem.c;
      else if (std::memcmp(first.data(), problem.c.data(), first.size() * sizeof(T)) != 0)
        BOOST_ERROR(describe(q) << ": other bits with " << t << " threads");
    }
  }
  set_num_threads(threads);
}

}  // namespace

BOOST_AUTO_TEST_CASE(agrees_with_a_loop_in_float) { odd_sizes<float>(); }
BOOST_AUTO_TEST_CASE(agrees_with_a_loop_in_double) { odd_sizes<double>(); }

BOOST_AUTO_TEST_CASE(agrees_with_a_loop_beyond_one_block) {
  each_transpose([](bool ta, bool tb) {
    verify(Case<float>{ta, tb, true, true, true, 131, 150, 700, 2, 1});
    verify(Case<double>{ta, tb, false, true, false, 131, 70, 300});
    verify(Case<float>{ta, tb, true, false, false, 530, 65, 64});  // more rows than one block
    verify(Case<float>{ta, tb, false, false, false, 1, 300, 300});
    verify(Case<float>{ta, tb, false, true, false, 4, 257, 129});
    verify(Case<float>{ta, tb, false, false, false, 300, 3, 257});
    verify(Case<float>{ta, tb, false, true, true, 601, 50, 500});  // a large A, which passes by few panels of B
    verify(Case<float>{ta, tb, true, false, false, 515, 64, 530, 1});
    verify(Case<double>{ta, tb, true, true, false, 401, 29, 350});
  });
}

BOOST_AUTO_TEST_CASE(the_number_of_threads_does_not_change_a_bit) {
  each_transpose([](bool ta, bool tb) {
    same_bits(Case<float>{ta, tb, false, true, false, 64, 256, 256});
    same_bits(Case<float>{ta, tb, true, true, true, 257, 331, 190, 5});
    same_bits(Case<float>{ta, tb, false, false, false, 700, 40, 300});
    same_bits(Case<float>{ta, tb, true, true, false, 600, 50, 500});
    same_bits(Case<float>{ta, tb, false, false, false, 30, 1000, 100});
    same_bits(Case<float>{ta, tb, false, false, false, 2000, 2, 800});
    same_bits(Case<float>{ta, tb, false, false, false, 2, 2000, 800});
    same_bits(Case<float>{ta, tb, false, true, false, 2000, 7, 800});
    same_bits(Case<float>{ta, tb, true, false, true, 2001, 11, 400});
    same_bits(Case<double>{ta, tb, false, true, false, 200, 200, 200});
    same_bits(Case<float>{ta, tb, false, false, false, 64, 64, 64});
  });
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_reach_the_result) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (auto* const backend : {&gemm_simd<float>, &gemm_openblas<float>, &gemm<float>})
    each_transpose([&](bool ta, bool tb) {
      for (int64_t n : {2, 20})
        for (bool in_a : {true, false})
          for (float bad : {nan, inf}) {
            Problem<float> q(Case<float>{ta, tb, false, false, true, 9, n, 19});
            std::fill(q.a.begin(), q.a.end(), 0.0F);
            std::fill(q.b.begin(), q.b.end(), 0.0F);
            // a[4,7] or b[7,1]: row 4 or column 1 of C becomes 0 * bad = NaN, everything else stays 0.
            if (in_a)
              q.a[std::size_t(ta ? 7 * 9 + 4 : 4 * 19 + 7)] = bad;
            else
              q.b[std::size_t(tb ? 1 * 19 + 7 : 7 * n + 1)] = bad;
            backend(q.g);
            for (int64_t i = 0; i < 9; ++i)
              for (int64_t j = 0; j < n; ++j) {
                const bool hit = in_a ? i == 4 : j == 1;
                const float x = q.c[std::size_t(i * n + j)];
                if (hit ? !std::isnan(x) : x != 0)
                  BOOST_ERROR("ta=" << ta << " tb=" << tb << " in_a=" << in_a << " bad=" << bad << ": [" << i
                                    << "," << j << "] = " << x);
              }
          }
    });
}

BOOST_AUTO_TEST_CASE(what_c_held_is_forgotten_unless_accumulating) {
  for (auto* const backend : {&gemm_simd<float>, &gemm_openblas<float>, &gemm<float>})
    for (int64_t k : {0, 5}) {
      Problem<float> q(Case<float>{false, false, false, false, false, 7, 18, k});
      std::fill(q.c.begin(), q.c.end(), std::numeric_limits<float>::quiet_NaN());
      backend(q.g);
      for (int64_t i = 0; i < 7 * 18; ++i) BOOST_TEST(!std::isnan(q.c[std::size_t(i)]));
    }
}

BOOST_AUTO_TEST_CASE(the_backend_can_be_chosen) {
  const GemmBackend before = gemm_backend();
  for (GemmBackend b : {GemmBackend::simd, GemmBackend::openblas}) {
    set_gemm_backend(b);
    BOOST_TEST((gemm_backend() == b));
    Problem<float> q(Case<float>{false, true, false, true, false, 33, 40, 50});
    gemm(q.g);
    BOOST_TEST(q.check(q.reference(0), 0) == "");
  }
  set_gemm_backend(before);
}
