#include "experiments/report/html.hpp"

#include <cctype>

#include "base/text.hpp"

namespace elbow {

Html Html::text(const std::string& text) {
  Html out;
  for (const char c : plain_text(text, /*lines=*/true)) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.code_ += c;
    }
  return out;
}

Html Html::url(const std::filesystem::path& path) {
  static const char digits[] = "0123456789ABCDEF";
  Html out;
  for (const char c : path.generic_string()) {
    const auto byte = (unsigned char)c;
    if (byte < 0x80 && (std::isalnum(byte) || std::string("/-._~").find(c) != std::string::npos))
      out.code_ += c;
    else
      out.code_ += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

Html Html::png(const std::string& bytes) {
  Html out("data:image/png;base64,");
  out.code_ += base64(bytes);
  return out;
}

std::string base64(const std::string& bytes) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? (unsigned char)bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? letters[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace elbow
