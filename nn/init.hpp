#pragma once
#include <string>
#include <vector>

#include "autograd/random.hpp"

namespace elbow {

/// How the first weights are drawn: see initialise().
struct Init {
  enum class Distribution {
    constant,
    normal,
    uniform,
    xavier_normal,
    xavier_uniform,
    kaiming_normal,
    kaiming_uniform,
    torch_default
  };
  Distribution distribution = Distribution::xavier_normal;
  /// constant: the value; normal: the standard deviation; uniform: the limit, of numbers in [-scale, scale); others: the
  /// gain, which multiplies the standard deviation
  double scale = 1;
  double mean = 0;  ///< of `normal`
};

/// The names of the distributions: "constant", "normal", ..., "torch_default".
std::vector<std::string> init_distribution_names();
/// The distribution of that name. Error if there is none.
Init::Distribution init_distribution(const std::string& name);

/// The distribution of PyTorch's linear and convolutional layers, for the weight and for the bias: uniform on +-1 / sqrt(in). There
/// it is written as Kaiming's uniform distribution with a = sqrt(5).
inline constexpr Init torch_default{Init::Distribution::torch_default};

/// How many inputs an output has, and how many outputs an input.
struct Fans {
  double in, out;
};

/// Fills `weight` [in, out] with the numbers that `key` names. Xavier: variance 2 / (in + out) (Glorot & Bengio 2010,
/// "Understanding the difficulty of training deep feedforward neural networks"); Kaiming: variance 2 / in (He, Zhang, Ren &
/// Sun 2015, "Delving deep into rectifiers"), both times gain^2; a tensor of one axis counts as [size, 1].
void initialise(Tensor& weight, const Init& init, const RandomKey& key);
/// Fills a tensor of any shape, given the fans.
void initialise(Tensor& weight, const Init& init, const RandomKey& key, Fans fans);

}  // namespace elbow
