#pragma once
#include <cstdint>
#include <string>
#include <vector>

// Every op of the registry, and masks, on the device against the CPU. Without Boost: a plain program runs the same checks on a card.
namespace elbow::test {

/// Why there is no device to check; empty when there is one.
std::string why_no_device();

struct DeviceChecks {
  int64_t compared = 0;               ///< tensors that were held against those of the CPU
  std::vector<std::string> failures;  ///< a line for each
};

/// Each sample of each op (ELBOW_OP names one), in float64 and float32: outputs, gradients and second gradients are those of
/// the CPU to rounding, and each run on the device has the same bits. With `large`, the samples of the benchmarks as well.
DeviceChecks check_device_ops(bool large);

/// Masks of pixels of each kind, on images of several sizes, in several steps: those of the CPU to the bit.
DeviceChecks check_device_masks();

}  // namespace elbow::test
