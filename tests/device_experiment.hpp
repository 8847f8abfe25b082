#pragma once
#include <memory>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "cvae/experiment.hpp"

namespace elbow::test {

/// The experiment of those settings, whose model is on that device.
inline std::unique_ptr<Experiment> experiment_on(Device device, const Json& settings) {
  set_default_device(device);
  auto e = std::make_unique<Experiment>(Config(settings));
  set_default_device(Device::cpu);
  return e;
}

}  // namespace elbow::test
