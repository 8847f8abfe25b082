// The checks of all ops as a plain program, for a card: device_checks [quick]. What is handed out unset holds NaN.
#include <cstring>
#include <iostream>

#include "autograd/backend/cuda/runtime.hpp"
#include "tests/device_checks.hpp"

int main(int argc, char** argv) {
  if (const std::string why = elbow::test::why_no_device(); !why.empty()) {
    std::cerr << why << '\n';
    return 2;
  }
  elbow::cuda::runtime::poison(true);
  const bool quick = argc > 1 && std::strcmp(argv[1], "quick") == 0;
  const elbow::test::DeviceChecks checks = elbow::test::check_device_ops(!quick);
  for (const std::string& failure : checks.failures) std::cout << failure << '\n';
  std::cout << checks.compared << " tensors compared, " << checks.failures.size() << " failures\n";
  return checks.failures.empty() ? 0 : 1;
}
