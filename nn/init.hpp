#pragma once
#include <string>
#include <vector>

#include "autograd/random.hpp"

namespace elbow {

/// How the first weights are drawn. `gain` scales the standard deviation (or the limits of the uniform laws).
struct Init {
  enum class Law {
    constant,
    normal,
    uniform,
    xavier_normal,
    xavier_uniform,
    kaiming_normal,
    kaiming_uniform,
    torch_default
  };
  Law law = Law::xavier_normal;
  double scale =
      1;  ///< constant: the value; normal: the standard deviation; uniform: the limit; others: the gain
  double mean = 0;  ///< of `normal`
};

/// The names of the laws: "constant", "normal", ..., "torch_default"; and the law of a name, an Error for another.
std::vector<std::string> init_law_names();
Init::Law init_law(const std::string& name);

/// The law of PyTorch's linear and convolutional layers, for the weight and for the bias: uniform on +-1 / sqrt(in).
inline constexpr Init torch_default{Init::Law::torch_default};

/// How many inputs an output has, and how many outputs an input.
struct Fans {
  double in, out;
};

/// Fills `weight` [in, out]. Xavier: variance 2 / (in + out) (Glorot & Bengio 2010); Kaiming: variance 2 / in (He et al.
/// 2015), both times gain^2; a tensor of one axis counts as [size, 1].
void initialise(Tensor& weight, const Init& init, const RandomKey& key);
/// Fills a tensor of any shape, given the fans.
void initialise(Tensor& weight, const Init& init, const RandomKey& key, Fans fans);

}  // namespace elbow
