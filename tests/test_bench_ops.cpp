// `elbow bench ops` has a line for every op. (How fast they are is not tested.)
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "autograd/registry.hpp"
#include "base/error.hpp"
#include "experiments/bench/bench.hpp"

using namespace elbow;

namespace {

std::string run(const std::string& only, bool json) {
  std::ostringstream out;
  bench_ops({.only = only, .json = json, .repeats = 1, .sample_us = 1}, out);
  return out.str();
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_op_has_a_line) {
  std::set<std::string> names;
  std::istringstream lines(run("", true));
  for (std::string line; std::getline(lines, line);) {
    const auto entry = nlohmann::json::parse(line);
    names.insert(entry.at("op"));
    BOOST_TEST(entry.at("forward_us").get<double>() > 0, line);
    BOOST_TEST(entry.at("forward_backward_us").get<double>() > 0, line);
  }
  for (const OpInfo& op : all_ops()) BOOST_TEST(names.count(op.name) == 1u, op.name);
}

BOOST_AUTO_TEST_CASE(one_op_alone) {
  const std::string table = run("softplus", false);
  BOOST_TEST(table.find("  softplus ") != std::string::npos);
  BOOST_TEST(table.find("  relu ") == std::string::npos);
  BOOST_CHECK_EXCEPTION(run("softplas", false), Error, [](const Error& e) {
    return std::string(e.what()).find("no op named softplas") != std::string::npos;
  });
}
