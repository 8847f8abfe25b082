// Every op of the registry on the device against the CPU.
#include <boost/test/unit_test.hpp>

#include "tests/device_checks.hpp"

using namespace elbow::test;

BOOST_AUTO_TEST_CASE(ops_give_on_the_device_what_they_give_on_the_cpu) {
  if (const std::string why = why_no_device(); !why.empty()) {
    BOOST_TEST_MESSAGE("not tested: " << why);
    return;
  }
  const DeviceChecks checks = check_device_ops(false);
  for (const std::string& failure : checks.failures) BOOST_ERROR(failure);
  BOOST_TEST(checks.compared > 0);
}
