#include "metrics/pooling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"

namespace elbow {
namespace {

// log B(a, b). For large a the difference of log G(a) and log G(a + b), of which little would be left, from its series.
double log_beta_function(double a, double b) {
  if (a < b) std::swap(a, b);
  if (a < 1e4 * (1 + b * b)) return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
  const double growth = b * std::log(a) + b * (b - 1) / (2 * a) * (1 - (2 * b - 1) / (6 * a));
  return std::lgamma(b) - growth;
}

// The continued fraction of I_x(a, b), by Lentz's method: it converges fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto not_zero = [](double v) { return std::abs(v) < tiny ? tiny : v; };
  double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int k = 1; k < 10000; ++k) {
    const double even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
    const double odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
    double change = 0;
    for (const double term : {even, odd}) {
      d = 1 / not_zero(1 + term * d);
      c = not_zero(1 + term / c);
      fraction *= change = c * d;
    }
    if (std::abs(change - 1) < 1e-15) break;
  }
  return fraction;
}

}  // namespace

double incomplete_beta(double a, double b, double x, double rest) {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, rest, x);
  const auto log_of = [](double v, double other) { return v > 0.5 ? std::log1p(-other) : std::log(v); };
  const double log_front = a * log_of(x, rest) + b * log_of(rest, x) - log_beta_function(a, b);
  return std::exp(log_front) / a * beta_fraction(a, b, x);
}

double student_interval(double p, double degrees) {
  degrees = std::min(degrees, 1e7);  // beyond, it is the normal distribution, and rounding would tell
  // P(|T| > t) = I_x(degrees/2, 1/2) with x = degrees / (degrees + t^2). In s = log x its logarithm is concave and nearly straight
  // for small x, so Newton's method needs few steps; halving the bracket takes over where a step would leave it.
  const double a = degrees / 2, b = 0.5, target = std::log1p(-p);
  const double scale = log_beta_function(a, b);
  double low = -1, high = 0;
  const auto value = [&](double s) { return std::log(incomplete_beta(a, b, std::exp(s), -std::expm1(s))); };
  while (value(low) > target) high = low, low *= 2;
  double s = (low + high) / 2;
  for (int step = 0; step < 200; ++step) {
    const double tail = value(s), off = tail - target;
    (off > 0 ? high : low) = s;
    const double slope = std::exp(a * s + (b - 1) * std::log(-std::expm1(s)) - scale - tail);
    double next = s - off / slope;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (std::abs(next - s) <= 1e-15 * std::abs(s)) break;
    s = next;
  }
  return std::sqrt(degrees * std::expm1(-s));
}

PooledEstimate pooled(const std::vector<double>& estimates, const std::vector<double>& variances,
                      double complete_degrees) {
  if (estimates.size() < 2 || variances.size() != estimates.size())
    fail("pool", "expects at least two estimates, and as many variances");
  const auto m = double(estimates.size());
  PooledEstimate out;
  for (const double q : estimates) out.estimate += q / m;
  for (const double u : variances) out.within += u / m;
  for (const double q : estimates) out.between += (q - out.estimate) * (q - out.estimate) / (m - 1);
  const double between = (1 + 1 / m) * out.between;
  out.total = out.within + between;
  const double share = out.total > 0 ? between / out.total : 0;  // of the variance, due to what is missing
  const double observed = (complete_degrees + 1) / (complete_degrees + 3) * complete_degrees * (1 - share);
  // 1 / (1 / large + 1 / observed), where `large` are Rubin's degrees of freedom for large samples, (m - 1) / share^2.
  out.degrees = observed * (m - 1) / (m - 1 + observed * share * share);
  // Rubin's (r + 2 / (large + 3)) / (r + 1) with r = between / within: then 1 / (r + 1) = 1 - share.
  out.missing_information = share + (1 - share) * 2 * share * share / (m - 1 + 3 * share * share);
  const double error = std::sqrt(out.total);
  double width = 0;
  if (out.total > 0)
    width = out.degrees > 0 ? student_interval(0.95, out.degrees) * error
                            : std::numeric_limits<double>::quiet_NaN();
  out.low = out.estimate - width;
  out.high = out.estimate + width;
  return out;
}

}  // namespace elbow
