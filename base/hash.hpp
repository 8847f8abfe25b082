#pragma once
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace elbow {

/// A hash of bytes that arrive in parts: 64-bit FNV-1a. It tells files and weights apart that differ by accident, not those that
/// somebody made alike on purpose.
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = (value_ ^ uint8_t(byte)) * 0x100000001b3;
  }
  /// 16 hexadecimal digits.
  std::string hex() const {
    std::array<char, 17> text;
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value_));
    return text.data();
  }

 private:
  uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace elbow
