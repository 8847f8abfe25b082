#include "metrics/moments.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/alias.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

namespace elbow {
namespace {

constexpr std::int64_t chunk_rows =
    2048;  // held as doubles at a time; fixed, as the order of the sums depends on it

}  // namespace

Moments moments_of(const Tensor& x) {
  if (x.rank() != 2 || x.size(0) < 2 || x.size(1) < 1)
    fail("moments", "needs rows of one shape, at least two of them, not ", x.shape());
  const NoGrad no_grad;
  const std::int64_t rows = x.size(0), d = x.size(1);
  const auto chunk = [&](std::int64_t first) {  // as doubles, [at most chunk_rows, d]
    return alias(x, {std::min(chunk_rows, rows - first), d}, first * d).to(DType::float64);
  };
  Moments m{rows, std::vector<double>(std::size_t(d), 0.0), Matrix(d, d)};
  for (std::int64_t first = 0; first < rows; first += chunk_rows) {
    const Tensor part = chunk(first);
    const double* values = part.data<double>();
    for (std::int64_t i = 0; i < part.numel(); ++i) m.mean[std::size_t(i % d)] += values[i];
  }
  for (double& mean : m.mean) {
    mean /= double(rows);
    if (!std::isfinite(mean)) fail("moments", "the rows have a non-finite element");
  }
  // Differences from the mean before they are squared: sums of plain squares would cancel.
  for (std::int64_t first = 0; first < rows; first += chunk_rows) {
    Tensor part = chunk(first).clone();
    double* values = part.data<double>();
    for (std::int64_t i = 0; i < part.numel(); ++i) values[i] -= m.mean[std::size_t(i % d)];
    const Tensor products = matmul(part, part, Trans::yes);  // [d, d]
    for (std::int64_t i = 0; i < d * d; ++i) m.covariance.values[std::size_t(i)] += products.data<double>()[i];
  }
  for (std::int64_t r = 0; r < d; ++r)
    for (std::int64_t c = 0; c <= r; ++c) {
      m.covariance(r, c) /= double(rows - 1);
      m.covariance(c, r) = m.covariance(r, c);
    }
  return m;
}

Moments observed_moments(const Tensor& x, const Tensor& observed) {
  if (!(x.shape() == observed.shape()) || x.rank() != 2)
    fail("moments", "rows ", x.shape(), " expect a mask of that shape, not ", observed.shape());
  const NoGrad no_grad;
  const std::int64_t rows = x.size(0), d = x.size(1);
  const auto ratio = [](double sum, double count) { return count > 0 ? sum / count : 0.0; };
  const auto sums =
      [&](const auto& value) {  // of value(chunk of x, chunk of observed) over all chunks, as doubles
        std::vector<double> total;
        for (std::int64_t first = 0; first < rows; first += chunk_rows) {
          const Shape shape{std::min(chunk_rows, rows - first), d};
          const auto part = [&](const Tensor& t) { return alias(t, shape, first * d).to(DType::float64); };
          const std::vector<double> values = Tensor(value(part(x), part(observed))).to_vector<double>();
          total.resize(values.size());
          for (std::size_t i = 0; i < values.size(); ++i) total[i] += values[i];
        }
        return total;
      };
  Moments m{rows, sums([](const Tensor& v, const Tensor& o) { return sum(where(o, v, 0.0), 0); }),
            Matrix(d, d)};
  const auto counts = sums([](const Tensor&, const Tensor& o) { return sum(o, 0); });
  for (std::size_t i = 0; i < m.mean.size(); ++i) m.mean[i] = ratio(m.mean[i], counts[i]);
  const Tensor mean = Tensor::from(m.mean, {d});
  const auto products = sums([&](const Tensor& v, const Tensor& o) {
    const Tensor centred = where(o, v - mean, 0.0);
    return matmul(centred, centred, Trans::yes);
  });
  const auto pairs = sums([](const Tensor&, const Tensor& o) { return matmul(o, o, Trans::yes); });
  for (std::size_t i = 0; i < products.size(); ++i) m.covariance.values[i] = ratio(products[i], pairs[i] - 1);
  const EigenSystem axes = symmetric_eigen(m.covariance);
  if (axes.values.empty() || axes.values.back() >= 0) return m;
  m.covariance = Matrix(d, d);
  for (std::int64_t k = 0; k < d && axes.values[std::size_t(k)] > 0; ++k)
    for (std::int64_t r = 0; r < d; ++r)
      for (std::int64_t c = 0; c < d; ++c)
        m.covariance(r, c) += axes.values[std::size_t(k)] * axes.vectors(k, r) * axes.vectors(k, c);
  return m;
}

Moments merged(const Moments& a, const Moments& b) {
  const std::int64_t d = a.columns();
  if (b.columns() != d) fail("moments", "rows of ", d, " and of ", b.columns(), " columns cannot be merged");
  const double na = double(a.rows), nb = double(b.rows), n = na + nb;
  Moments m{a.rows + b.rows, a.mean, Matrix(d, d)};
  std::vector<double> apart(std::size_t(d), 0.0);
  for (std::size_t i = 0; i < apart.size(); ++i) {
    apart[i] = b.mean[i] - a.mean[i];
    m.mean[i] += apart[i] * nb / n;
  }
  for (std::int64_t r = 0; r < d; ++r)
    for (std::int64_t c = 0; c < d; ++c)
      m.covariance(r, c) = ((na - 1) * a.covariance(r, c) + (nb - 1) * b.covariance(r, c) +
                            apart[std::size_t(r)] * apart[std::size_t(c)] * na * nb / n) /
                           (n - 1);
  return m;
}

namespace {

/// The column with the largest loading of a component [d]. Loadings that differ by rounding alone are equal.
std::int64_t leading_column(const double* component, std::int64_t d) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < d; ++i)
    if (std::abs(component[i]) > std::abs(component[best]) * (1 + 1e-9)) best = i;
  return best;
}

}  // namespace

PrincipalComponents principal_components(const Tensor& x) {
  const Moments moments = moments_of(x);
  const std::int64_t d = moments.columns(), k = std::min(moments.rows, d);
  const EigenSystem e = symmetric_eigen(moments.covariance);
  PrincipalComponents p;
  p.rows = moments.rows;
  p.mean = moments.mean;
  for (std::int64_t i = 0; i < k; ++i) p.variances.push_back(std::max(e.values[i], 0.0));  // not a rounded -0
  const double total = std::accumulate(p.variances.begin(), p.variances.end(), 0.0);
  p.components = Matrix(k, d);
  for (std::int64_t i = 0; i < k; ++i) {
    p.ratios.push_back(p.variances[i] / total);
    p.leading.push_back(leading_column(e.vectors.values.data() + i * d, d));
    const double sign = e.vectors(i, p.leading[i]) < 0 ? -1 : 1;
    for (std::int64_t c = 0; c < d; ++c) p.components(i, c) = sign * e.vectors(i, c);
  }
  return p;
}

}  // namespace elbow
