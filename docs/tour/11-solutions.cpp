// Solutions of the exercises of chapter 11.
#include "11-priors.hpp"
#include "nn/nn.hpp"
#include "tour.hpp"

using namespace elbow;

/// Of one estimate with nothing given.
struct Summary {
  double gap = 0, effective = 0;
  double surprises =
      0;  // share of the rows that are off by more than four standard errors, as the weights claim them
};

inline Summary summary_of(const DiagonalNormal& q, const Tensor& x, int64_t draws) {
  const Tensor nothing = Tensor::zeros(x.shape());
  const Sampled s = importance(x, nothing, q, standard(x), draws, {1, 6, uint64_t(draws)});
  const std::vector<double> gap = difference(exact_log_density(x, nothing), s.log_p);
  Summary out{estimate_of(gap).mean, estimate_of(s.effective).mean, 0};
  for (size_t r = 0; r < gap.size(); ++r) {
    const double claimed = std::sqrt((double(draws) / s.effective[r] - 1) / double(draws - 1));
    out.surprises += double(std::abs(gap[r]) > 4 * claimed) / double(gap.size());
  }
  return out;
}

int main() {
  const Tensor x = draw_rows(4096, {1, 2, 0});
  const DiagonalNormal exact = posterior(x, Tensor::ones(x.shape()));

  // 1. Too narrow: where q is small and the posterior is not, a weight is huge, and hardly ever drawn. Until it is, nothing
  // looks wrong. Below 1 / sqrt(2) of the posterior's deviation the variance of the weights is infinite.
  const Summary wide = summary_of({exact.mu, exact.log_var + 2 * std::log(2.)}, x, 100);
  const Summary narrow = summary_of({exact.mu, exact.log_var + 2 * std::log(0.5)}, x, 100);
  std::printf("1. twice as wide:  gap %.4f, effective %.0f, surprises %.3f\n", wide.gap, wide.effective,
              wide.surprises);
  std::printf("1. half as wide:   gap %.4f, effective %.0f, surprises %.3f\n", narrow.gap, narrow.effective,
              narrow.surprises);
  tour::check("1. the narrow one is further off", narrow.gap > 3 * wide.gap);
  tour::check("1. and its weights do not say so", narrow.surprises > 0.02 && wide.surprises < 0.005);

  // 2. Draws from the prior: most explain nothing.
  const Summary encoder = summary_of(rough_encoder(x), x, 1000), prior = summary_of(standard(x), x, 1000);
  std::printf("2. effective of 1000: %.0f from the encoder, %.0f from the prior\n", encoder.effective,
              prior.effective);
  tour::check("2. an encoder is worth something, also a rough one", encoder.effective > 2 * prior.effective);

  // 3. ln(1 + t) = t - t^2 / 2: the mean weight is off by t, whose mean is 0 and whose variance is Var(w) / K.
  const Summary hundred = summary_of(rough_encoder(x), x, 100);
  const Tensor nothing = Tensor::zeros(x.shape());
  const Sampled s = importance(x, nothing, rough_encoder(x), standard(x), 1000, {1, 7, 0});
  double predicted = 0;
  for (const double effective : s.effective)
    predicted += (1000 / effective - 1) / (2 * 100) / double(s.effective.size());
  std::printf("3. K = 100: gap %.4f, predicted %.4f\n", hundred.gap, predicted);
  tour::check("3. within the standard error", std::abs(hundred.gap - predicted) < 0.003);
  return tour::failures;
}
