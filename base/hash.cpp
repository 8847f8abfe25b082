#include "base/hash.hpp"

#include <array>
#include <cstdio>

namespace elbow {

std::string Hash::hex() const {
  std::array<char, 17> text;
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value_));
  return text.data();
}

}  // namespace elbow
