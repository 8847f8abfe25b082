#pragma once
#include <filesystem>
#include <string>

namespace elbow {

/// A fragment of an HTML page, composed of our own literals, which are mark-up, and of text and paths, which are
/// escaped. A std::string does not convert to Html.
class Html {
 public:
  Html() = default;
  template <std::size_t n>
  Html(const char (&markup)[n]) : code_(markup, n - 1) {}  // NOLINT: a literal of our source
  template <std::size_t n> Html(char (&)[n]) = delete;

  /// Text as it is read: plain_text, and what means something in HTML by its name. For contents and quoted attributes.
  static Html text(const std::string& text);
  /// A relative or absolute path as a URL, for a quoted attribute: what a URL does not take as it is becomes %XX (RFC 3986).
  static Html url(const std::filesystem::path& path);
  /// The contents of a PNG as a URL (RFC 2397).
  static Html png(const std::string& bytes);

  Html& operator+=(const Html& other) {
    code_ += other.code_;
    return *this;
  }
  friend Html operator+(Html a, const Html& b) { return a += b; }
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

/// Base64 (RFC 4648), with padding.
std::string base64(const std::string& bytes);

}  // namespace elbow
