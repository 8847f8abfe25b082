// Solutions of the exercises of chapter 10.
#include "10-water-filling.hpp"
#include "autograd/operators.hpp"
#include "tour.hpp"

using namespace elbow;

// 1. z = a u + s e and y = b z, with s^2 = beta / (2 v), a^2 = (1 - s^2) / v, b = a v: its loss, by draws of u and e.
inline void a_linear_model_attains_it() {
  const double v = 2.5, beta = 0.8, s2 = beta / (2 * v), a = std::sqrt((1 - s2) / v), b = a * v;
  const int64_t rows = 1 << 20;
  const Tensor u = std::sqrt(v) * normal({1, 1, 0}, {rows}), e = normal({1, 1, 1}, {rows});
  const Tensor z = a * u + std::sqrt(s2) * e;
  const Tensor kl = 0.5 * (square(a * u) + s2 - 1 - std::log(s2));
  const double loss = (mean(square(u - b * z)) + beta * mean(kl)).item();
  tour::check("1. its loss", loss, water_filling({v}, beta).loss, 0.01);
  tour::check("1. all codes together have the variance", variance(z).item(), 1, 0.01);
}

// 2. The withheld columns when the given ones are known, and by themselves.
inline void worth_of_knowing() {
  const double beta = 0.5;
  double least = 1e9;
  for (int subset = 1; subset < 7; ++subset) {
    std::vector<int64_t> columns;
    for (int k = 0; k < 3; ++k)
      if ((subset >> k & 1) == 0) columns.push_back(k);
    const auto d = int64_t(columns.size());
    Matrix own(d, d);
    for (int64_t i = 0; i < d; ++i)
      for (int64_t j = 0; j < d; ++j) own(i, j) = covariance(columns[size_t(i)], columns[size_t(j)]);
    const double alone = water_filling(principal_variances(own, Mask(size_t(d), false)), beta).loss;
    const double told = water_filling(principal_variances(covariance, mask_of(subset)), beta).loss;
    std::printf("2. given %-6s knowing it is worth %.3f\n", name_of(subset).c_str(), alone - told);
    least = std::min(least, alone - told);
  }
  tour::check("2. knowing never hurts", least >= -1e-12);
}

// 3. The model whose form is that of the optimum (docs/optimum.md, "The model linear").
inline void the_right_form() {
  Json settings = settings_of(0.5);
  settings["model"] = {{"kind", "linear"}};
  const Estimate excess = estimate_of(learn(settings).rows.excess);
  const Estimate mlp = estimate_of(learn(settings_of(0.5)).rows.excess);
  std::printf("3. excess: mlp %.4f, linear %.4f +- %.4f\n", mlp.mean, excess.mean, excess.standard_error);
  tour::check("3. within 4 standard errors of 0, or below the mlp's",
              std::abs(excess.mean) < 4 * excess.standard_error || excess.mean < mlp.mean);
}

int main() {
  a_linear_model_attains_it();
  worth_of_knowing();
  the_right_form();
  return tour::failures;
}
