// Solutions of the exercises of chapter 12.
#include "12-failures.hpp"
#include "nn/nn.hpp"
#include "tour.hpp"

using namespace elbow;

int main() {
  // 1. Two unit variances, and a level of beta / 2 = 1.25 above them.
  const Trained dear(changed(two_gaussians(), {"loss.beta=2.5", "model.batch_norm=false"}));
  const Estimate excess = estimate_of(dear.rows.excess);
  std::printf("1. KL %.4f, excess %.4f +- %.4f\n", dear.losses().kl.mean, excess.mean, excess.standard_error);
  tour::check("1. collapsed", dear.losses().kl.mean < 0.01);
  tour::check("1. and as good as can be", std::abs(excess.mean) < 0.02);

  // 2. Given the class, one hill would do. But nine times in ten nothing is given, and then the codes form two.
  const Trained learned(changed(sharp_moons(), {R"(model.prior={"kind": "learned"})"}));
  const Trained mixture(changed(sharp_moons(), {R"(model.prior={"kind": "mixture"})"}));
  std::printf("2. on the moon asked for: %.2f with `learned`, %.2f with `mixture`\n", obeyed(learned),
              obeyed(mixture));
  tour::check("2. one hill is not enough here", obeyed(learned) < obeyed(mixture) - 0.1);

  // 3. The mean of n numbers is off by 1 / sqrt(n): as many steps, with batches that are four times as large.
  const auto excess_of = [](const std::vector<std::string>& changes) {
    return estimate_of(Trained(changed(two_gaussians(), changes)).rows.excess);
  };
  const Estimate small = excess_of({"training.epochs=8"});
  const Estimate large = excess_of({"training.epochs=8", "training.batch_rows=64", "data.train_rows=64000"});
  std::printf("3. excess: %.4f with 16 rows, %.4f with 64\n", small.mean, large.mean);
  tour::check("3. larger batches have less noise", large.mean < 0.6 * small.mean);
  return tour::failures;
}
