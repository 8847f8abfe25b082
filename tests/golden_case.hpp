#pragma once
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/gradcheck.hpp"

/// Outputs and gradients that PyTorch computed: the files that tests/golden/make_ops.py and make_conv.py wrote.
namespace elbow::test {

inline nlohmann::json golden_file(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/" + name));
}

inline Tensor golden_tensor(const nlohmann::json& j) {
  std::vector<double> values;
  for (const auto& v : j.at("values"))
    values.push_back(v.is_string() ? std::stod(v.get<std::string>()) : v.get<double>());
  const auto sizes = j.at("shape").get<std::vector<int64_t>>();
  return Tensor::from(values, Shape(std::span<const int64_t>(sizes)));
}

/// The elements and a 1: measured so, a gradient that all but vanishes is compared on the scale of the cotangent, of
/// whose rounding errors it consists.
inline std::vector<double> beside_one(const Tensor& gradient) {
  std::vector<double> values = gradient.to_vector();
  values.push_back(1);
  return values;
}

/// Output and gradients of one case. float64 must agree to 1e-12, float32 to 1e-5 of the largest element.
inline void check_case(const nlohmann::json& golden, const std::string& name, const Function& f) {
  BOOST_TEST_CONTEXT(name) {
    const auto& c = golden.at(name);
    std::vector<Tensor> inputs;
    std::vector<bool> wanted;
    for (size_t i = 0; i < c.at("inputs").size(); ++i) {
      inputs.push_back(golden_tensor(c.at("inputs")[i]));
      wanted.push_back(!c.at("gradients")[i].is_null());
    }
    const Tensor cotangent = golden_tensor(c.at("cotangent")), output = golden_tensor(c.at("output"));
    for (DType dtype : {DType::float64, DType::float32}) {
      const double tolerance = dtype == DType::float64 ? 1e-12 : 1e-5,
                   floor = dtype == DType::float64 ? 1e-3 : 1;
      std::vector<Tensor> typed;
      for (const Tensor& t : inputs) typed.push_back(t.to(dtype));
      BOOST_TEST(relative_error(f(typed), output, floor) <= tolerance);
      const auto gradients = tape_gradients(f, typed, wanted, cotangent.to(dtype));
      for (size_t i = 0; i < inputs.size(); ++i)
        if (wanted[i])
          BOOST_TEST(relative_error(beside_one(gradients[i]), beside_one(golden_tensor(c.at("gradients")[i])),
                                    floor) <= tolerance,
                     "gradient " << i);
    }
  }
}

}  // namespace elbow::test
