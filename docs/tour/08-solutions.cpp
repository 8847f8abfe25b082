// Solutions of the exercises of chapter 8.
#include "08-autoencoders.hpp"
#include "nn/nn.hpp"
#include "tour.hpp"

using namespace elbow;

/// The share of points [rows, 2] that lie within 0.1 of the moon that c names; `any`: of one of the two.
inline double share_on_moons(const Tensor& points, const Tensor& c, bool any) {
  int64_t hits = 0;
  for (int64_t i = 0; i < points.size(0); ++i) {
    const double x = points.at(i, 0), y = points.at(i, 1);
    const int moon = int(c.at(i, 1));
    const bool other = any && distance_to_moon(x, y, 1 - moon) < 0.1;
    hits += other || distance_to_moon(x, y, moon) < 0.1;
  }
  return double(hits) / double(points.size(0));
}

// 1. N(mean, covariance) of the codes of one class, as draws: mean + noise * root, with the covariance root' root.
inline Tensor draws_like(const Tensor& codes, const RandomKey& key) {
  const Tensor mu = mean(codes, 0), centred = codes - mu;
  const Tensor s = matmul(centred, centred, Trans::yes) / double(codes.size(0));
  const double a = std::sqrt(s.at(0, 0)), b = s.at(0, 1) / a, d = std::sqrt(s.at(1, 1) - b * b);
  const Tensor root = Tensor::from<float>({float(a), float(b), 0, float(d)}, {2, 2});
  return mu + matmul(normal(key, codes.shape()), root);
}

inline void prior_for_an_autoencoder(const DataSplit& data) {
  Model model({"AE", false, false});
  const Tensor x = data.train.x.tensor(), c = one_hot_classes(data.train);
  train(model, x, c, 2000);
  const Tensor codes = model.encode(x, c).first;
  std::vector<int64_t> of_first_moon;
  for (int64_t i = 0; i < c.size(0); ++i)
    if (c.at(i, 0) == 1) of_first_moon.push_back(i);
  const Tensor first = index_select(codes, 0, Indices(of_first_moon));
  const double before = share_on_moons(model.decode(normal({1, 3, 0}, codes.shape()), c), c, true);
  const double fitted = share_on_moons(model.decode(draws_like(codes, {1, 3, 1}), c), c, true);
  const double by_class = share_on_moons(model.decode(draws_like(first, {1, 3, 2}), c), c, true);
  std::printf(
      "1. samples on a moon: %.2f from N(0, I), %.2f from a Gaussian of all codes, %.2f from one of a class\n",
      before, fitted, by_class);
  tour::check("1. fitting helps, and is far from enough", before < fitted && fitted < 0.5 && by_class < 0.5);
}

// 2. Row i's code, decoded under the other class, is a point of the other moon. The class is all that changes, so the place
// along the moon stays: t on the one is the angle t or pi - t on the other.
inline void change_of_class(const DataSplit& data) {
  Model model({"CVAE", true, true});
  train(model, data.train.x.tensor(), one_hot_classes(data.train));
  const Tensor x = data.test.x.tensor(), c = one_hot_classes(data.test), other = 1 - c;
  const Tensor moved = model.decode(model.encode(x, c).first, other);
  double sum = 0, squares = 0;  // of cos t, before and after: their correlation
  for (int64_t i = 0; i < x.size(0); ++i) {
    const bool second = c.at(i, 1) == 1;
    const double before = second ? 1 - x.at(i, 0) : x.at(i, 0);
    const double after = second ? moved.at(i, 0) : 1 - moved.at(i, 0);
    sum += before * after, squares += before * before;
  }
  std::printf("2. cos t after against before: slope %.2f\n", sum / squares);
  tour::check("2. the codes of one moon, decoded as the other, lie on it",
              share_on_moons(moved, other, false) > 0.95);
  tour::check("2. and keep their place, up to direction", std::abs(std::abs(sum / squares) - 1) < 0.2);
}

// 3. A latent costs nothing and says nothing at first. It pays to use it if the variance along some direction is above beta / 2.
inline void where_it_collapses(const DataSplit& data) {
  const Tensor x = data.train.x.tensor(), centred = x - mean(x, 0);
  const Tensor s = matmul(centred, centred, Trans::yes) / double(x.size(0));
  const double half = (s.at(0, 0) + s.at(1, 1)) / 2;
  const double variance = half + std::hypot((s.at(0, 0) - s.at(1, 1)) / 2, s.at(0, 1));
  std::printf("3. largest variance %.3f: z is of use below beta = %.2f\n", variance, 2 * variance);
  for (const double share : {0.8, 1.2}) {
    Model model({"VAE", true, false});
    model.beta = share * 2 * variance;
    train(model, x, one_hot_classes(data.train), 2000);
    const double kl = evaluate(model, data.test.x.tensor(), one_hot_classes(data.test)).kl;
    const double best = optimum_of(*data.test.arcs, model.beta).kl;
    std::printf("3. beta = %.2f: KL %.3f, at the optimum %.3f\n", model.beta, kl, best);
    tour::check("3. the KL is as the optimum's", kl, best, 0.05);
    tour::check("3. and vanishes above", (share > 1) == (kl < 0.01));
  }
}

int main() {
  const DataSplit data = make_moons();
  prior_for_an_autoencoder(data);
  change_of_class(data);
  where_it_collapses(data);
  return tour::failures;
}
