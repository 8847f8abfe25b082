#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/report/html.hpp"

namespace elbow {

/// A self-contained HTML page, composed from top to bottom: styles inline, figures embedded, no scripts. It
/// reads well on a phone, on paper and in a dark room: nothing is wider than the screen, and the panels of a figure are
/// side by side or, on a phone, below each other. All text is escaped.
class Report {
 public:
  explicit Report(std::string title) : title_(std::move(title)) {}

  /// A number at the top of the page.
  struct Number {
    std::string name, value;
    std::string remark;  ///< smaller, below; may be empty
  };
  /// A grid of such numbers.
  Report& numbers(const std::vector<Number>& numbers);
  /// Starts a section.
  Report& heading(const std::string& text);
  Report& paragraph(const std::string& text);
  /// A figure with its caption below: the PNG, embedded, and a link to the SVG next to it if there is one, which is
  /// expected in the page's own folder. Where the SVG has views (Figure::save), each is shown as a separate picture. A
  /// figure that was not drawn is replaced by a line that says so.
  Report& figure(const std::string& caption, const std::filesystem::path& png);
  /// The same for a figure that stays a separate file: `seen` is the path of `png` relative to the page.
  Report& linked_figure(const std::string& caption, const std::filesystem::path& png,
                        const std::filesystem::path& seen);
  /// A line that links to another page, at `path` relative to this one.
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
  Report& add_figure(const std::string& caption, const std::filesystem::path& png, const Html& source,
                     const std::filesystem::path& seen);

  std::string title_;
  Html body_;
  int shared_ = 0;  ///< pictures that several panels show
};

}  // namespace elbow
