// The checks of all ops and of masks as a plain program, for a card: device_checks [quick]. What is handed out unset holds NaN.
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
  int64_t compared = 0;
  size_t failures = 0;
  for (const auto& checks : {elbow::test::check_device_ops(!quick), elbow::test::check_device_masks()}) {
    for (const std::string& failure : checks.failures) std::cout << failure << '\n';
    compared += checks.compared;
    failures += checks.failures.size();
  }
  std::cout << compared << " tensors compared, " << failures << " failures\n";
  return failures == 0 ? 0 : 1;
}
