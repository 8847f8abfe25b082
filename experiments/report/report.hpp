#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/report/html.hpp"

namespace elbow {

/// A self-contained HTML page, put together from top to bottom: styles inline, figures embedded, no scripts. It
/// reads well on a phone, on paper and in a dark room. All text is escaped.
class Report {
 public:
  explicit Report(std::string title) : title_(std::move(title)) {}

  /// Starts a section.
  Report& heading(const std::string& text);
  Report& paragraph(const std::string& text);
  /// A PNG, embedded, with its caption below. A figure that was not drawn is replaced by a line that says so.
  Report& figure(const std::string& caption, const std::filesystem::path& png);
  /// A figure that stays a file of its own: `png` is its path as seen from the page.
  Report& linked_figure(const std::string& caption, const std::filesystem::path& png);
  /// A line that leads to another page, at `path` as seen from this one.
  Report& link(const std::string& text, const std::filesystem::path& path);
  /// A table with its caption above. Cells that read as numbers are set flush right.
  Report& table(const std::string& caption, const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows);
  /// Text as it is, such as a configuration, folded away under its caption.
  Report& preformatted(const std::string& caption, const std::string& text);

  /// The whole page.
  std::string html() const;
  /// Writes the page atomically; Error as write_file_atomically.
  void write(const std::filesystem::path& path) const;

 private:
  std::string title_;
  Html body_;
};

}  // namespace elbow
