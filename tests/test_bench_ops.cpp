// `elbow bench ops` has a line for every op, and what `elbow bench gemm` times computes the same. (How fast they are is not tested.)
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "autograd/autograd.hpp"
#include "autograd/registry.hpp"
#include "base/error.hpp"
#include "experiments/bench/bench.hpp"
#include "experiments/bench/onednn.hpp"
#include "tests/threads_scope.hpp"

using namespace elbow;
using elbow::test::ThreadsScope;

namespace {

std::string run(const std::string& only, bool json) {
  std::ostringstream out;
  bench_ops({.only = only, .json = json, .repeats = 1, .sample_us = 1}, out);
  return out.str();
}

// Of this process.
int64_t count_threads() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return std::distance(begin(threads), end(threads));
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

BOOST_AUTO_TEST_CASE(a_line_for_each_product) {
  std::ostringstream out;
  bench_gemm({.json = true, .repeats = 1, .sample_us = 1}, out);
  std::istringstream lines(out.str());
  std::string line;
  std::getline(lines, line);
  const auto about = nlohmann::json::parse(line);
  BOOST_TEST(about.value("onednn", "") == onednn_version());
  int products = 0;
  for (; std::getline(lines, line); ++products) {
    const auto entry = nlohmann::json::parse(line);
    for (const std::string name : {"simd", "openblas", "onednn"}) {
      const bool is_there = name != "onednn" || about.contains("onednn");
      BOOST_TEST(entry.contains(name + "_gflops") == is_there, line);
      BOOST_TEST(entry.contains(name + "_percent") == is_there, line);
    }
  }
  BOOST_TEST(products == 39);
}

// Where oneDNN is installed. It has the threads that it is given, and they are gone when it shall rest.
BOOST_AUTO_TEST_CASE(onednn_computes_the_same) {
  if (onednn_version().empty()) return;
  const ThreadsScope two(2);
  constexpr int64_t m = 200, n = 150, k = 170;
  for (const Trans ta : {Trans::no, Trans::yes})
    for (const Trans tb : {Trans::no, Trans::yes}) {
      const Tensor a = normal({1, 0}, {m * k}), b = normal({2, 0}, {k * n});
      Tensor c = Tensor::ones({m * n}), expected = Tensor::ones({m * n});
      GemmArgs<float> args{ta,
                           tb,
                           m,
                           n,
                           k,
                           a.data<float>(),
                           ta == Trans::yes ? m : k,
                           b.data<float>(),
                           tb == Trans::yes ? k : n,
                           /*accumulate=*/true,
                           expected.data<float>(),
                           n};
      gemm_simd(args);
      const int64_t before = count_threads();
      args.c = c.data<float>();
      gemm_onednn(args);
      BOOST_TEST(count_threads() == before + 1);
      end_onednn_threads();
      for (int wait = 0; wait < 1000 && count_threads() > before; ++wait)  // until the system has noticed
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      BOOST_TEST(count_threads() == before);
      double most = 0;
      for (int64_t i = 0; i < m * n; ++i)
        most = std::max(most, std::abs(double(c.data<float>()[i]) - expected.data<float>()[i]));
      BOOST_TEST(most < 1e-4);
    }
}
