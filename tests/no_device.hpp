#pragma once
#include <boost/test/unit_test.hpp>

#include "tests/device_checks.hpp"

namespace elbow::test {

/// Whether there is no GPU to test; says why.
inline bool no_device() {
  const std::string why = why_no_device();
  if (!why.empty()) BOOST_TEST_MESSAGE("not tested: " << why);
  return !why.empty();
}

}  // namespace elbow::test
