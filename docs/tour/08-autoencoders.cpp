// Chapter 8 of the tour: an autoencoder, a VAE and a conditional VAE of the same data, in pictures. Uses Elbow's library.
#include "08-autoencoders.hpp"

#include "nn/nn.hpp"
#include "tour.hpp"

using namespace elbow;

inline void draw(const std::string& folder, const std::vector<Kind>& kinds, const std::vector<Results>& results,
                 const Tensor& c) {
  const int64_t shown = 150;
  const std::string points = " with points pt 7 ps 0.35 lc rgb variable",
                    line = " with lines lc rgb '#888888' ";
  std::string data, codes, samples;
  for (size_t k = 0; k < kinds.size(); ++k) {
    std::vector<std::vector<double>> z, x;
    for (int64_t i = 0; i < shown; ++i) {
      const double colour = c.at(i, 1) == 1 ? 0xd55e00 : 0x0072b2;
      const double sample_colour = kinds[k].sees_classes ? colour : 0x009e73;
      z.push_back({results[k].codes.at(i, 0), results[k].codes.at(i, 1), colour});
      x.push_back({results[k].samples.at(i, 0), results[k].samples.at(i, 1), sample_colour});
    }
    const std::string n = std::to_string(k);
    data += tour::datablock("z" + n, z) + tour::datablock("x" + n, x);
    codes += "set title '" + kinds[k].name + ": codes'\nplot [0:2*pi] 2*cos(t), 2*sin(t)" + line + "dt 2, $z" +
             n + " using 1:2:3" + points + "\n";
    samples += "set title '" + kinds[k].name + ": samples'\nplot [0:pi] cos(t), sin(t)" + line +
               ", 1-cos(t), 0.5-sin(t)" + line + ", $x" + n + " using 1:2:3" + points + "\n";
  }
  tour::draw(folder, "08-models", 960, 640,
             data +
                 "set parametric; unset key; set size ratio -1\nset multiplot layout 2,3\n"
                 "set xrange [-3:3]; set yrange [-3:3]; set tics 1\n" +
                 codes + "set xrange [-1.5:2.5]; set yrange [-1.75:2.25]\n" + samples);
}

int main(int argc, char** argv) {
  const DataSplit data = make_moons();
  const Tensor x = data.train.x.tensor(), c = one_hot_classes(data.train);
  const Tensor test_x = data.test.x.tensor(), test_c = one_hot_classes(data.test);
  ArcDistribution both = *data.test.arcs, one = both;
  one.arcs.resize(1);  // what is left of the data once the class is known: they are alike
  one.arcs[0].probability = 1;
  const double optima[] = {0, optimum_of(both).loss, optimum_of(one).loss};

  const std::vector<Kind> kinds = {{"AE", false, false}, {"VAE", true, false}, {"CVAE", true, true}};
  std::vector<Results> results;
  std::puts("      distortion     KL    loss  optimum");
  for (size_t k = 0; k < kinds.size(); ++k) {
    Model model(kinds[k]);
    train(model, x, c);
    const Results& r = results.emplace_back(evaluate(model, test_x, test_c));
    std::printf("%-4s      %.4f  %.3f  %.4f   %.4f\n", kinds[k].name.c_str(), r.distortion, r.kl, r.loss,
                optima[k]);
  }
  std::puts("\n      codes within 2 of 0  samples on a moon  on the right one");
  for (size_t k = 0; k < kinds.size(); ++k)
    std::printf("%-4s                 %.2f               %.2f              %.2f\n", kinds[k].name.c_str(),
                results[k].near, results[k].on_a_moon, results[k].as_asked);
  std::puts("\n         KL  information  all codes together against N(0, I)");
  for (size_t k = 1; k < kinds.size(); ++k)
    std::printf("%-4s  %.3f        %.3f                             %6.3f\n", kinds[k].name.c_str(),
                results[k].kl, results[k].parts.information.mean, results[k].parts.prior_part);
  std::puts("");
  tour::check("the class is worth beta ln 2", optima[1] - optima[2], 0.05 * std::log(2.), 2e-4);
  for (size_t k : {1U, 2U})
    tour::check("the " + kinds[k].name + "'s loss is near the optimum and not below",
                results[k].loss > optima[k] - 0.003 && results[k].loss < optima[k] + 0.03);
  tour::check("few of the AE's samples are on a moon, most of the VAE's, nearly all of the CVAE's",
              results[0].on_a_moon < 0.3 && results[1].on_a_moon > 0.6 && results[2].as_asked > 0.95);
  if (argc > 1) draw(argv[1], kinds, results, test_c);
  return tour::failures;
}
