#include "experiments/report/report.hpp"

#include <cstdlib>

#include "base/files.hpp"

namespace elbow {

namespace {

constexpr char style[] = R"(
:root { color-scheme: light dark; --ink: #1c1c1e; --quiet: #5f6368; --line: #d9dce1; --paper: #fff; --tint: #f6f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e5e8; --quiet: #9aa0a8; --line: #3a3d42; --paper: #17181a; --tint: #1f2124; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 4rem; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1.5rem; font-weight: 650; }
h2 { font-size: 1.15rem; margin: 2.75rem 0 0.75rem; font-weight: 650; }
p { max-width: 44rem; }
figure { margin: 1.75rem 0; }
figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; background: #fff; border-radius: 4px; }
figcaption, caption { color: var(--quiet); font-size: 0.9rem; text-align: left; }
figcaption { margin-top: 0.6rem; }
caption { padding-bottom: 0.5rem; }
.scroll { overflow-x: auto; margin: 1.75rem 0; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 0.9rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; border-bottom-color: var(--quiet); }
.number { text-align: right; }
summary { cursor: pointer; color: var(--quiet); font-size: 0.9rem; }
pre { overflow-x: auto; padding: 1rem; background: var(--tint); border: 1px solid var(--line); border-radius: 4px;
  font: 0.85rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
)";

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return end != text.c_str() && *end == '\0';
}

template <std::size_t n> Html cell(const char (&tag)[n], const std::string& text, bool number) {
  return Html("<") + tag + (number ? Html(" class=\"number\">") : Html(">")) + Html::text(text) + "</" + tag +
         ">";
}

Html figure_html(const std::string& caption, const Html& source) {
  const Html text = Html::text(caption);
  return "<figure><img loading=\"lazy\" alt=\"" + text + "\" src=\"" + source + "\"><figcaption>" + text +
         "</figcaption></figure>\n";
}

}  // namespace

Report& Report::heading(const std::string& text) {
  body_ += "<h2>" + Html::text(text) + "</h2>\n";
  return *this;
}

Report& Report::paragraph(const std::string& text) {
  body_ += "<p>" + Html::text(text) + "</p>\n";
  return *this;
}

Report& Report::figure(const std::string& caption, const std::filesystem::path& png) {
  if (!std::filesystem::exists(png))
    return paragraph(caption + " (not drawn: " + png.filename().string() + ")");
  body_ += figure_html(caption, Html::png(read_file(png)));
  return *this;
}

Report& Report::linked_figure(const std::string& caption, const std::filesystem::path& png) {
  body_ += figure_html(caption, Html::url(png));
  return *this;
}

Report& Report::link(const std::string& text, const std::filesystem::path& path) {
  body_ += "<p><a href=\"" + Html::url(path) + "\">" + Html::text(text) + "</a></p>\n";
  return *this;
}

Report& Report::table(const std::string& caption, const std::vector<std::string>& header,
                      const std::vector<std::vector<std::string>>& rows) {
  body_ += "<div class=\"scroll\"><table><caption>" + Html::text(caption) + "</caption>\n<thead><tr>";
  for (std::size_t i = 0; i < header.size(); ++i)
    body_ += cell("th", header[i], !rows.empty() && i < rows[0].size() && is_number(rows[0][i]));
  body_ += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    body_ += "<tr>";
    for (const auto& text : row) body_ += cell("td", text, is_number(text));
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
  return *this;
}

Report& Report::preformatted(const std::string& caption, const std::string& text) {
  body_ +=
      "<details><summary>" + Html::text(caption) + "</summary><pre>" + Html::text(text) + "</pre></details>\n";
  return *this;
}

std::string Report::html() const {
  const Html title = Html::text(title_);
  return ("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
          title + "</title>\n<style>" + style + "</style>\n</head>\n<body>\n<h1>" + title + "</h1>\n" + body_ +
          "</body>\n</html>\n")
      .code();
}

void Report::write(const std::filesystem::path& path) const { write_file_atomically(path, html()); }

}  // namespace elbow
