// Chapter 10 of the tour: the least loss that any model can reach, and trained models held against it. Uses Elbow's library.
#include "10-water-filling.hpp"

#include "cvae/optimum.hpp"
#include "tour.hpp"

using namespace elbow;

/// The least distortion + beta * information of any channel from x ~ N(0, variance) to y, by the iteration of Blahut and Arimoto
/// on a grid. It assumes nothing about the channel: no linear maps, no Gaussians.
inline double least_loss_on_grid(double variance, double beta) {
  const int n = 201;
  const double deviation = std::sqrt(variance), step = 10 * deviation / (n - 1);
  std::vector<double> x(n), p(n), q(n, 1. / n), kernel(n * n), a(n);
  double all = 0;
  for (int i = 0; i < n; ++i) {
    x[size_t(i)] = -5 * deviation + i * step;
    all += p[size_t(i)] = std::exp(-x[size_t(i)] * x[size_t(i)] / (2 * variance));
  }
  for (double& v : p) v /= all;
  for (size_t i = 0; i < size_t(n); ++i)
    for (size_t j = 0; j < size_t(n); ++j) kernel[i * n + j] = std::exp(-(x[i] - x[j]) * (x[i] - x[j]) / beta);
  double loss = 0;
  for (int round = 0; round < 1000; ++round) {
    loss = 0;
    for (size_t i = 0; i < size_t(n); ++i) {
      a[i] = 0;
      for (size_t j = 0; j < size_t(n); ++j) a[i] += q[j] * kernel[i * n + j];
      loss -= beta * p[i] * std::log(a[i]);
    }
    for (size_t j = 0; j < size_t(n); ++j) {  // q becomes the distribution of y
      double gain = 0;
      for (size_t i = 0; i < size_t(n); ++i) gain += p[i] * kernel[i * n + j] / a[i];
      q[j] *= gain;
    }
  }
  return loss;
}

inline void one_axis() {
  std::puts("one axis of variance 1: closed form, any channel");
  for (const double beta : {0.25, 1., 1.5, 3.}) {
    const Filled f = water_filling({1}, beta);
    const double any = least_loss_on_grid(1, beta);
    std::printf("beta %.2f         loss: %.3f        %.3f\n", beta, f.loss, any);
    tour::check("they agree", std::abs(f.loss - any) < 0.002);
  }
}

inline constexpr std::array betas{0.2, 0.5, 2., 10.};

inline void all_subsets() {
  std::puts("\ngiven    variances left       latents at beta 0.2  0.5  2  10");
  double worst = 0;
  for (int subset = 0; subset < 7; ++subset) {
    const std::vector<double> variances = principal_variances(covariance, mask_of(subset));
    std::string list, latents;
    for (const double v : variances) list += tour::fixed(v, 3) + "  ";
    for (const double beta : betas) {
      const Filled f = water_filling(variances, beta);
      const Optimum library = GaussianOptimum({0, 0, 0}, covariance, beta).at(mask_of(subset));
      worst = std::max({worst, std::abs(library.loss - f.loss), std::abs(library.active - f.active)});
      latents += std::to_string(f.active) + "    ";
    }
    std::printf("%-8s %-32s %s\n", name_of(subset).c_str(), list.c_str(), latents.c_str());
  }
  tour::check("the library's optimum is the same", worst < 1e-12);
}

inline void draw(const std::string& folder, const std::vector<std::vector<double>>& learned) {
  const std::vector<double> variances = principal_variances(covariance, mask_of(0));
  std::vector<std::vector<double>> curve, bars;
  for (double beta = 0.08; beta < 12; beta *= 1.05) {
    const Filled f = water_filling(variances, beta);
    curve.push_back({f.kl, f.distortion});
  }
  for (size_t i = 0; i < variances.size(); ++i)
    bars.push_back({double(i), variances[i], std::min(variances[i], 0.25)});
  const std::string boxes = " with boxes fs solid noborder lc rgb ";
  tour::draw(
      folder, "10-water-filling", 960, 400,
      tour::datablock("bars", bars) + tour::datablock("curve", curve) + tour::datablock("learned", learned) +
          "set multiplot layout 1,2\nset boxwidth 0.7\nset xtics 1; set xlabel 'principal axis'\n"
          "set ylabel 'variance'; set logscale y; set yrange [0.05:10]; set xrange [-0.6:2.6]\n"
          "plot $bars using 1:2" +
          boxes + tour::red + " title 'sent: 1/2 ln(variance / level)', $bars using 1:3" + boxes + tour::blue +
          " title 'left as error', 0.25 with lines lw 2 dt 2 lc rgb 'black' title 'level, beta / 2'\n"
          "unset logscale y; set xtics 1; set xlabel 'KL, nats'; set ylabel 'squared error'\n"
          "set xrange [-0.1:4.5]; set yrange [0:5.5]\n"
          "plot $curve with filledcurves y1=0 fc rgb '#e8e8e8' title 'no model is here', "
          "$curve with lines lw 2.5 lc rgb " +
          tour::blue + " title 'optimum', $learned with points pt 7 ps 1.1 lc rgb " + tour::red +
          " title 'trained models'\n");
}

int main(int argc, char** argv) {
  one_axis();
  all_subsets();
  std::puts("\ntrained, any columns given         with nothing given:");
  std::puts("beta  optimum  excess            latents  KL, learned  optimum");
  std::vector<std::vector<double>> learned;
  bool near = true;
  for (const double beta : betas) {
    const auto [rows, nothing] = learn(settings_of(beta));
    const Estimate excess = estimate_of(rows.excess);
    const double optimum = GaussianOptimum({0, 0, 0}, covariance, beta).average().loss;
    std::printf("%4.1f  %.4f   %.4f +- %.4f  %7.0f       %.3f        %.3f\n", beta, optimum, excess.mean,
                excess.standard_error, nothing.active, nothing.kl.mean, nothing.optimum->kl);
    near = near && excess.mean > -4 * excess.standard_error && excess.mean < 0.03;
    learned.push_back({nothing.kl.mean, nothing.distortion.mean});
  }
  tour::check("no model is better than the optimum, and none far above", near);
  if (argc > 1) draw(argv[1], learned);
  return tour::failures;
}
