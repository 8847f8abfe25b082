// libFuzzer's side: FUZZ_TARGET says which of the targets is given the bytes that it makes up. make fuzz runs them all.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto read = [] {
    const char* wanted = std::getenv("FUZZ_TARGET");
    for (const auto& target : elbow::fuzz::targets)
      if (wanted && std::string_view(target.name) == wanted) return target.read;
    std::fputs("FUZZ_TARGET must be one of:", stderr);
    for (const auto& target : elbow::fuzz::targets) std::fprintf(stderr, " %s", target.name);
    std::exit(2);
  }();
  read({reinterpret_cast<const char*>(data), size});
  return 0;
}
