#include "experiments/analyses/scored_images.hpp"

#include <algorithm>
#include <numeric>

#include "autograd/alias.hpp"
#include "autograd/tape.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
Tensor generated_images(const Experiment& e, const Tensor& values, int64_t first, int64_t count) {
  const NoGrad no_grad;
  const int64_t latents = e.model->latents();
  const Tensor all = normal(sampling_noise(e.seed, 0), {first + count, latents});
  const int64_t width = e.condition.value_columns();
  const Tensor c =
      e.condition.of(values ? alias(values, {count, width}, first * width) : e.condition.nothing(count));
  const Tensor z = reparameterise(e.model->prior(c), alias(all, {count, latents}, first * latents));
  Tensor images = decoded_values(*e.model, e.loss, z, c).clone();
  float* pixels = images.data<float>();
  for (int64_t i = 0; i < images.numel(); ++i) pixels[i] = std::clamp(pixels[i], 0.0F, 1.0F);
  return images;
}

Tensor real_images(const Dataset& set, std::span<const int64_t> index, int32_t colour) {
  Tensor images = Tensor::empty({int64_t(index.size()), set.columns()});
  const Rows rows = colour == any_colour
                        ? set.x
                        : set.x.in_planes(std::vector<uint8_t>(size_t(set.rows()), uint8_t(colour)),
                                          set.attribute("colour")->classes());
  rows.gather(index, images.data<float>());
  return images;
}

std::vector<int32_t> colours_of(const Tensor& x, int64_t channels) {
  const int64_t pixels = x.size(1) / channels;
  std::vector<int32_t> colours;
  std::vector<double> sums(static_cast<size_t>(channels));
  for (int64_t r = 0; r < x.size(0); ++r) {
    const float* image = x.data<float>() + r * x.size(1);
    for (int64_t k = 0; k < channels; ++k)
      sums[size_t(k)] = std::accumulate(image + k * pixels, image + (k + 1) * pixels, 0.0);
    colours.push_back(int32_t(std::max_element(sums.begin(), sums.end()) - sums.begin()));
  }
  return colours;
}

}  // namespace elbow
