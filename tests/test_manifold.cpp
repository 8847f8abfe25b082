// The latents of the manifold picture.
#include <boost/test/unit_test.hpp>

#include "cvae/sampling.hpp"

using namespace elbow;
using boost::test_tools::tolerance;

// scipy.stats.norm.ppf((i + 0.5) / 20) for i = 0, 1, 9, and of 5 for i = 0, 2
BOOST_AUTO_TEST_CASE(quantiles) {
  BOOST_TEST(normal_quantile(0, 20) == -1.9599639845400545, tolerance(1e-12));
  BOOST_TEST(normal_quantile(1, 20) == -1.4395314709384563, tolerance(1e-12));
  BOOST_TEST(normal_quantile(9, 20) == -0.06270677794321385, tolerance(1e-12));
  BOOST_TEST(normal_quantile(0, 5) == -1.2815515655446004, tolerance(1e-12));
  BOOST_TEST(std::abs(normal_quantile(2, 5)) < 1e-15);
  for (int64_t i = 0; i < 20; ++i)
    BOOST_TEST(std::abs(normal_quantile(i, 20) + normal_quantile(19 - i, 20)) < 1e-14);
}

// To the right one latent grows, upwards the other; the rest are 0.
BOOST_AUTO_TEST_CASE(latents) {
  constexpr int64_t steps = 3, latents = 4;
  const auto z = manifold_latents(steps, latents, 2, 0).to_vector<float>();
  const float q = float(normal_quantile(2, 3));                           // 0.967
  const std::vector<float> want{q,  0, -q, 0, q,  0, 0, 0, q,  0, q, 0,   // the row at the top
                                0,  0, -q, 0, 0,  0, 0, 0, 0,  0, q, 0,   //
                                -q, 0, -q, 0, -q, 0, 0, 0, -q, 0, q, 0};  // at the bottom
  BOOST_TEST_REQUIRE(z.size() == want.size());
  for (size_t i = 0; i < z.size(); ++i) BOOST_TEST(std::abs(z[i] - want[i]) < 1e-7);
}
