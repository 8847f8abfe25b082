#pragma once
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "cvae/experiment.hpp"

namespace elbow::test {

/// While one lives, tensors are made on that device.
struct DefaultDevice {
  explicit DefaultDevice(Device device) { set_default_device(device); }
  ~DefaultDevice() { set_default_device(Device::cpu); }
  DefaultDevice(const DefaultDevice&) = delete;
  DefaultDevice& operator=(const DefaultDevice&) = delete;
};

/// The experiment of those settings, whose model is on that device.
inline Experiment experiment_on(Device device, const Json& settings) {
  const DefaultDevice scope(device);
  return Experiment{Config(settings)};
}

}  // namespace elbow::test
