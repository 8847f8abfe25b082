// Chapter 12 of the tour: three ways in which a CVAE fails with a loss that falls nicely, and what helps. Uses Elbow's library.
#include "12-failures.hpp"

#include <numbers>

#include "cvae/evaluation.hpp"
#include "tour.hpp"

using namespace elbow;

// ---- 1. collapse ----------------------------------------------------------------------------------------------------

inline const double spread = 0.1;  // of the points around the moons

inline Json blurred_moons() {
  return Json::parse(R"({
    "name": "collapse", "seed": 2,
    "data": {"source": "moons", "noise": 0.1, "train_rows": 16384, "test_rows": 4096, "redraw": true},
    "condition": {"kind": "none"},
    "model": {"kind": "mlp", "encoder": [64, 64], "latents": 4, "decoder": [64, 64], "activation": "tanh",
              "batch_norm": false},
    "loss": {"beta": 1, "scale": "one", "least_scale": 0.05},
    "training": {"epochs": 20, "batch_rows": 128, "schedule": {"kind": "cosine", "learning_rate": 0.003}}})");
}

/// -log p(x) of a point near the moons, by a sum over the angle.
inline double exact_loss(double x, double y) {
  const int n = 400;
  double density = 0;
  for (int i = 0; i < n; ++i) {
    const double t = (i + 0.5) * std::numbers::pi / n, c = std::cos(t), s = std::sin(t);
    const double a = (x - c) * (x - c) + (y - s) * (y - s),
                 b = (x - 1 + c) * (x - 1 + c) + (y - 0.5 + s) * (y - 0.5 + s);
    density += std::exp(-a / (2 * spread * spread)) + std::exp(-b / (2 * spread * spread));
  }
  return -std::log(density / (2 * n) / (2 * std::numbers::pi * spread * spread));
}

/// How many latents have a mean KL above 0.1 nats.
inline int latents_in_use(const Experiment& e) {
  std::vector<int64_t> index(size_t(e.data.test.rows()));
  for (size_t i = 0; i < index.size(); ++i) index[i] = int64_t(i);
  const Evaluating evaluating(*e.model);
  const Posterior q = e.model->encode(rows_of(e.data.test, index).input, {});
  int used = 0;
  for (const double kl : latent_kl(e, q, {})) used += kl > 0.1;
  return used;
}

/// Returns samples of the last two models.
inline std::vector<Tensor> collapse(int64_t shown) {
  struct Case {
    const char* name;
    std::vector<std::string> changes;
    double loss = 0;  // the negative ELBO: at beta 1, whatever the training minimised
    int latents = 0;
  };
  std::vector<Case> cases = {
      {"beta 4", {"loss.beta=4"}}, {"beta 1", {}}, {"beta 1, warm-up", {"loss.kl_warmup_steps=1000"}}};
  std::puts("1. negative ELBO     KL  latents in use");
  std::vector<Tensor> samples;
  double exact = 0;
  for (Case& one : cases) {
    const Trained trained(changed(blurred_moons(), one.changes));
    const Losses l = trained.losses();
    one.loss = l.distortion.mean + l.kl.mean, one.latents = latents_in_use(trained.experiment);
    std::printf("   %.3f         %.3f  %d  (%s)\n", one.loss, l.kl.mean, one.latents, one.name);
    samples.push_back(trained.samples(shown));
    const Tensor x = trained.experiment.data.test.x.tensor();
    exact = 0;
    for (int64_t i = 0; i < x.size(0); ++i) exact += exact_loss(x.at(i, 0), x.at(i, 1)) / double(x.size(0));
  }
  std::printf("   %.3f         least possible\n", exact);
  tour::check("with beta 4 nothing passes, without warm-up one latent is used, with it two",
              cases[0].latents == 0 && cases[1].latents == 1 && cases[2].latents == 2);
  tour::check("warm-up gains more than a tenth of a nat, and none is below the entropy",
              cases[1].loss - cases[2].loss > 0.1 && cases[2].loss > exact);
  return {samples[1], samples[2]};
}

// ---- 2. disobeyed labels --------------------------------------------------------------------------------------------

inline std::vector<Tensor> labels(int64_t shown) {
  std::puts("\n2. loss   on the moon that was asked for");
  std::vector<Tensor> samples;
  std::vector<double> shares, losses;
  for (const auto& [name, changes] : std::vector<std::pair<const char*, std::vector<std::string>>>{
           {"prior N(0, I)", {}},
           {"mixture prior", {R"(model.prior={"kind": "mixture"})"}},
           {"prior N(0, I), labels withheld half the time", {"condition.withheld=0.5"}}}) {
    const Trained trained(changed(sharp_moons(), changes));
    samples.push_back(trained.samples(shown));
    shares.push_back(obeyed(trained)), losses.push_back(trained.losses().loss.mean);
    std::printf("   %.4f  %.2f  (%s)\n", losses.back(), shares.back(), name);
  }
  tour::check("under N(0, I) fewer than 6 in 10, under the mixture more than 9",
              shares[0] < 0.6 && shares[1] > 0.9);
  tour::check("and the loss is lower", losses[1] < losses[0]);
  return {samples[0], samples[1]};
}

// ---- 3. batch norm --------------------------------------------------------------------------------------------------

inline void batch_norm() {
  std::puts("\n3. excess over the optimum");
  std::vector<Estimate> excess;
  for (const auto& [name, change] : std::vector<std::pair<const char*, std::string>>{
           {"batch norm to the end", "training.freeze_batch_norm_after=1"},
           {"frozen for the last third", "training.freeze_batch_norm_after=0.67"},
           {"none", "model.batch_norm=false"}}) {
    excess.push_back(estimate_of(Trained(changed(two_gaussians(), {change})).rows.excess));
    std::printf("   %.4f +- %.4f  (%s)\n", excess.back().mean, excess.back().standard_error, name);
  }
  tour::check("freezing takes away most of it", excess[1].mean < 0.6 * excess[0].mean);
  tour::check("none is below the optimum",
              excess[1].mean > -4 * excess[1].standard_error && excess[2].mean > -4 * excess[2].standard_error);
}

inline void draw(const std::string& folder, const std::vector<Tensor>& samples) {
  const char* const titles[] = {"one latent of four", "with warm-up", "asked for the left moon",
                                "with a mixture prior"};
  std::string data, plots;
  for (size_t k = 0; k < samples.size(); ++k) {
    std::vector<std::vector<double>> points;
    for (int64_t i = 0; i < samples[k].size(0); ++i)
      points.push_back({samples[k].at(i, 0), samples[k].at(i, 1)});
    const std::string n = std::to_string(k), line = " with lines lc rgb '#888888', ";
    data += tour::datablock("s" + n, points);
    plots += std::string("set title '") + titles[k] + "'\nplot [0:pi] cos(t), sin(t)" + line +
             "1-cos(t), 0.5-sin(t)" + line + "$s" + n + " with points pt 7 ps 0.35 lc rgb " +
             (k < 2 ? tour::green : tour::blue) + "\n";
  }
  tour::draw(folder, "12-failures", 960, 250,
             data +
                 "set parametric; unset key; set size ratio -1; set tics 1\nset xrange [-1.5:2.5]; set yrange "
                 "[-1.25:1.75]\n"
                 "set multiplot layout 1,4\n" +
                 plots);
}

int main(int argc, char** argv) {
  const int64_t shown = 250;
  std::vector<Tensor> samples = collapse(shown);
  for (Tensor& s : labels(shown)) samples.push_back(s);
  batch_norm();
  if (argc > 1) draw(argv[1], samples);
  return tour::failures;
}
