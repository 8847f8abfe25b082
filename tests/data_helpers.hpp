#pragma once
// What the tests of random numbers, data and files share: means with their errors, messages of errors, a folder
// that goes away again.
#include <stdlib.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace elbow::test {

/// The mean of f(0), ..., f(n-1) less `expected`, in standard errors of that mean (estimated from the same
/// numbers). Seeds in tests are fixed: a test that once passed its optimum of four or five errors always does.
template <class F> double deviation(int64_t n, double expected, F f) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double v = f(i);
    sum += v;
    squares += v * v;
  }
  const double mean = sum / double(n), variance = squares / double(n) - mean * mean;
  return (mean - expected) / std::sqrt(variance / double(n));
}

/// The message of the Error that f() throws, or "no error".
template <class F> std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) { return e.what(); }
  return "no error";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A new folder, removed with all that is in it.
struct TemporaryFolder {
  std::filesystem::path path;

  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "elbow-test-XXXXXX").string();
    if (!mkdtemp(name.data())) throw Error("cannot make a folder for the test");
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// The fields of a CSV file without quotes, line by line, the header first.
inline std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> table;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    table.emplace_back();
    std::istringstream fields(line + ",");
    for (std::string field; std::getline(fields, field, ',');) table.back().push_back(field);
  }
  return table;
}

}  // namespace elbow::test
