#include "nn/init.hpp"

#include <algorithm>
#include <cmath>

namespace elbow {

std::vector<std::string> init_distribution_names() {
  return {"constant",       "normal",         "uniform",         "xavier_normal",
          "xavier_uniform", "kaiming_normal", "kaiming_uniform", "torch_default"};
}

Init::Distribution init_distribution(const std::string& name) {
  const auto names = init_distribution_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) fail("init", "there is no initialiser named ", name);
  return static_cast<Init::Distribution>(found - names.begin());
}

void initialise(Tensor& weight, const Init& init, const RandomKey& key) {
  initialise(weight, init, key,
             {double(weight.rank() > 0 ? weight.size(0) : 1), double(weight.rank() > 1 ? weight.size(1) : 1)});
}

void initialise(Tensor& weight, const Init& init, const RandomKey& key, Fans fans) {
  const double xavier = std::sqrt(2 / (fans.in + fans.out)), kaiming = std::sqrt(2 / fans.in);
  const double root3 =
      std::sqrt(3.0);  // a uniform distribution on [-a, a] has the standard deviation a / sqrt(3)
  dispatch(weight.dtype(), [&]<class T>() {
    T* w = weight.data<T>();
    const int64_t n = weight.numel();
    const auto normal = [&](double mean, double deviation) {
      fill_normal<T>(key, w, n, T(mean), T(deviation));
    };
    const auto uniform = [&](double limit) { fill_uniform<T>(key, w, n, T(-limit), T(limit)); };
    switch (init.distribution) {
      case Init::Distribution::constant: std::fill_n(w, n, T(init.scale)); break;
      case Init::Distribution::normal: normal(init.mean, init.scale); break;
      case Init::Distribution::uniform: uniform(init.scale); break;
      case Init::Distribution::xavier_normal: normal(0, init.scale * xavier); break;
      case Init::Distribution::xavier_uniform: uniform(init.scale * xavier * root3); break;
      case Init::Distribution::kaiming_normal: normal(0, init.scale * kaiming); break;
      case Init::Distribution::kaiming_uniform: uniform(init.scale * kaiming * root3); break;
      case Init::Distribution::torch_default: uniform(init.scale / std::sqrt(fans.in)); break;
    }
  });
  weight.mark_written("initialise");
}

}  // namespace elbow
