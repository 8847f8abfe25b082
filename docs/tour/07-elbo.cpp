// Chapter 7 of the tour: the evidence lower bound, from a coin toss. Needs a C++20 compiler and nothing else:
//   g++ -std=c++20 -O2 docs/tour/07-elbo.cpp -o elbo && ./elbo
#include "07-elbo.hpp"

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "tour.hpp"

// ---- a bag with two coins -------------------------------------------------------------------------------------------

/// Climbs the bound from q = 0.05; returns it at each step.
inline std::vector<double> two_coins() {
  const double posterior = std::exp(log_joint(1) - log_evidence());
  std::printf("two coins: log p(x) = %.6f, p(bent | x) = %.6f\n", log_evidence(), posterior);
  std::puts("step   q(bent)       ELBO        gap  KL(q || p)");
  std::vector<double> bounds;
  double phi = std::log(0.05 / 0.95), worst = 0, q = 0;  // q = sigmoid(phi) stays within 0..1
  for (int step = 0; step <= 100; ++step) {
    q = sigmoid(phi);
    const double bound = elbo(q), gap = log_evidence() - bound;
    bounds.push_back(bound);
    worst = std::max(worst, std::abs(gap - kl(q, posterior)));
    if (step <= 25 && step % 5 == 0)
      std::printf("%4d  %8.6f  %.6f   %.6f    %.6f\n", step, q, bound, gap, kl(q, posterior));
    phi += q * (1 - q) * (log_joint(1) - log_joint(0) - phi);  // d ELBO / d phi, at a rate of 1
  }
  tour::check("by enumeration, the gap is the KL", worst < 1e-12);
  tour::check("and q ends as the posterior", std::abs(q - posterior) < 1e-9);
  return bounds;
}

// ---- one coin, bent by an unknown amount ----------------------------------------------------------------------------

inline const Normal first_guess{-1, 0.3};

inline void bent_coin() {
  const double log_evidence = log_evidence_of_bent();
  std::printf("\none bent coin: log p(x) = %.6f\n", log_evidence);
  std::puts("step    mean  deviation        ELBO       gap  KL(q || p)");
  double worst = 0;
  for (const int steps : {0, 1, 2, 5, 100}) {
    const Normal q = climb(first_guess, steps);
    const double kl = normal_mean([&](double noise) {  // of q to the exact posterior
      const double z = q.mean + q.deviation * noise;
      return q.log_density(z) - (log_likelihood(z) + Normal().log_density(z) - log_evidence);
    });
    worst = std::max(worst, std::abs(log_evidence - elbo(q) - kl));
    std::printf("%4d  %6.3f     %.4f  %10.6f  %.6f    %.6f\n", steps, q.mean, q.deviation, elbo(q),
                log_evidence - elbo(q), kl);
  }
  tour::check("by quadrature, the gap is the KL", worst < 1e-9);
}

// ---- the gradient from draws ----------------------------------------------------------------------------------------

/// Two estimates of d ELBO / d mean by draws of z.
inline void sampled_gradients() {
  const Normal q = climb(first_guess, 2);
  const double exact = elbo_gradient(q).by_mean;
  std::printf("\nd ELBO / d mean after 2 steps: %.4f; by 100,000 draws:\n", exact);
  std::mt19937_64 bits(1);
  const auto uniform = [&] { return (double(bits() >> 11) + 0.5) * 0x1p-53; };
  constexpr int draws = 100000;
  double sum[2]{}, squares[2]{};
  for (int i = 0; i < draws; ++i) {
    const double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
    const double noise = radius * std::cos(angle), z = q.mean + q.deviation * noise;
    const double log_weight = log_likelihood(z) + Normal().log_density(z) - q.log_density(z);
    const double estimate[] = {slope(z) - q.mean, log_weight * noise / q.deviation};
    for (int k = 0; k < 2; ++k) sum[k] += estimate[k], squares[k] += estimate[k] * estimate[k];
  }
  for (int k = 0; k < 2; ++k) {
    const double mean = sum[k] / draws, sd = std::sqrt(squares[k] / draws - mean * mean);
    std::printf("%-16s %.3f; deviation of one draw %.2f\n", k == 0 ? "reparameterised" : "score function", mean,
                sd);
    tour::check("within 4 standard errors", std::abs(mean - exact) < 4 * sd / std::sqrt(draws));
  }
}

// ---- figures --------------------------------------------------------------------------------------------------------

inline void draw(const std::string& folder, const std::vector<double>& bounds) {
  std::vector<std::vector<double>> climbing, densities;
  for (size_t i = 0; i <= 25; ++i) climbing.push_back({double(i), bounds[i], log_evidence()});
  const Normal early = climb(first_guess, 1), late = climb(first_guess, 100);
  for (double z = -2.5; z <= 3.5; z += 0.05)
    densities.push_back({z, std::exp(Normal().log_density(z)), std::exp(log_posterior(z)),
                         std::exp(first_guess.log_density(z)), std::exp(early.log_density(z)),
                         std::exp(late.log_density(z))});
  const std::string line = " with lines lw 2.5 lc rgb ";
  tour::draw(
      folder, "07-elbo", 960, 400,
      tour::datablock("climb", climbing) + tour::datablock("z", densities) +
          "set multiplot layout 1,2\nset key bottom right\nset xlabel 'step'\nset ylabel 'nats'\n"
          "set yrange [-7.5:-6.5]\n"
          "plot $climb using 1:2:3 with filledcurves fc rgb '#cccccc' title 'KL(q || posterior)', "
          "$climb using 1:3" +
          line + tour::blue + " title 'log p(x)', $climb using 1:2" + line + tour::red +
          " title 'ELBO'\n"
          "set key top right\nset xlabel 'z'\nset ylabel 'density'\nset xrange [-2.5:3.5]; set yrange [0:1.5]\n"
          "plot $z using 1:2 with lines lw 1.5 lc rgb '#888888' title 'prior', $z using 1:3" +
          line + tour::blue + " title 'posterior', $z using 1:4" + line + tour::red +
          " dt (2,4) title 'q at step 0', $z using 1:5" + line + tour::red +
          " dt (10,4) title 'step 1', $z using 1:6" + line + tour::red + " dt (6,6) title 'step 100'\n");
}

int main(int argc, char** argv) {
  const std::vector<double> bounds = two_coins();
  bent_coin();
  sampled_gradients();
  if (argc > 1) draw(argv[1], bounds);
  return tour::failures;
}
