#pragma once
#include <string>
#include <vector>

#include "autograd/random.hpp"

namespace elbow {

/// How the first weights are drawn. `gain` scales the standard deviation (or the limits of the uniform laws).
struct Init {
  enum class Law { constant, normal, uniform, xavier_normal, xavier_uniform, kaiming_normal, kaiming_uniform };
  Law law = Law::xavier_normal;
  double scale =
      1;  ///< constant: the value; normal: the standard deviation; uniform: the limit; others: the gain
  double mean = 0;  ///< of `normal`
};

/// The names of the laws: "constant", "normal", ..., "kaiming_uniform"; and the law of a name, an Error for another.
std::vector<std::string> init_law_names();
Init::Law init_law(const std::string& name);

/// Fills `weight` [in, out]. Xavier: variance 2 / (in + out) (Glorot & Bengio 2010); Kaiming: variance 2 / in (He et al.
/// 2015), both times gain^2; a tensor of one axis counts as [size, 1].
void initialise(Tensor& weight, const Init& init, const RandomKey& key);

}  // namespace elbow
