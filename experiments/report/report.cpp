#include "experiments/report/report.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "data/csv.hpp"

namespace elbow {

namespace {

constexpr char style[] = R"(
:root { color-scheme: light dark; --ink: #1c1c1e; --quiet: #5f6368; --line: #d9dce1; --paper: #fff; --tint: #f6f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e5e8; --quiet: #9aa0a8; --line: #3a3d42; --paper: #17181a; --tint: #1f2124; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 4rem; overflow-wrap: break-word; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1.5rem; font-weight: 650; }
h2 { font-size: 1.15rem; margin: 2.75rem 0 0.75rem; font-weight: 650; }
p { max-width: 44rem; }
.numbers { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 0.75rem; margin: 0 0 2rem; }
.numbers div { padding: 0.6rem 0.8rem; background: var(--tint); border: 1px solid var(--line); border-radius: 4px; }
.numbers dt, .numbers .remark { color: var(--quiet); font-size: 0.9rem; }
.numbers dd { margin: 0; font-variant-numeric: tabular-nums; }
.numbers .value { font-size: 1.3rem; font-weight: 650; }
figure { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem 1.5rem; margin: 2.5rem 0; }
.panels { display: flex; flex-wrap: wrap; gap: 1rem; }
.panels, .picture { max-width: 100%; overflow-x: auto; }
.panels svg { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
.picture img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
figcaption, .caption { color: var(--quiet); font-size: 0.9rem; }
figcaption { flex: 1 1 18rem; max-width: 44rem; }
.caption { margin: 1.75rem 0 0.5rem; }
a { color: inherit; }
.scroll { overflow-x: auto; margin: 0 0 1.75rem; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 0.7rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; border-bottom-color: var(--quiet); vertical-align: bottom; }
th:first-child, td:first-child { padding-left: 0; }
.number { text-align: right; }
summary { cursor: pointer; color: var(--quiet); font-size: 0.9rem; }
pre { overflow-x: auto; padding: 1rem; background: var(--tint); border: 1px solid var(--line); border-radius: 4px;
  font: 0.85rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
)";

bool is_number(const std::string& text) {
  if (text == "-") return true;  // the place of one
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return end != text.c_str() && *end == '\0';
}

template <std::size_t n> Html cell(const char (&tag)[n], const std::string& text, bool number) {
  return Html("<") + tag + (number ? Html(" class=\"number\">") : Html(">")) + Html::text(text) + "</" + tag +
         ">";
}

/// A rectangle of a picture, in its pixels.
struct View {
  double x, y, width, height;
};

/// The views of an SVG as its file gives them: first that of the whole picture, then that of each panel.
std::vector<View> views_of(const std::filesystem::path& svg) {
  std::vector<View> views;
  if (!std::filesystem::exists(svg)) return views;
  const std::string text = read_file(svg), name = "viewBox=\"";
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    View view{};
    std::istringstream numbers(text.substr(at + name.size(), 80));
    if (numbers >> view.x >> view.y >> view.width >> view.height) views.push_back(view);
  }
  return views;
}

/// The width of a PNG in pixels.
double width_of_png(const std::filesystem::path& png) {
  std::ifstream file(png, std::ios::binary);
  unsigned char start[20] = {};
  file.read(reinterpret_cast<char*>(start), sizeof start);
  if (start[1] != 'P') return 1000;  // no PNG
  return start[16] * 0x1000000 + start[17] * 0x10000 + start[18] * 0x100 + start[19];
}

/// The style of a picture `pixels` wide, whose text is as large as the page's at the share `full` of that width. On a
/// narrow screen it shrinks as far as its text can be read, and beyond that scrolls.
Html width_style(double pixels, double full) {
  const auto length = [](double x) { return Html::text(to_text(std::round(x))); };
  return " style=\"width:" + length(full * pixels) + "px; min-width:" + length(0.64 * full * pixels) + "px\"";
}

Html panel_html(const View& view, const Html& content) {
  Html box;
  for (const double x : {view.x, view.y, view.width, view.height}) box += Html::text(to_text(x)) + " ";
  return "<svg role=\"img\" viewBox=\"" + box + "\"" + width_style(view.width, 0.465) + ">" + content +
         "</svg>\n";
}

}  // namespace

Report& Report::numbers(const std::vector<Number>& numbers) {
  body_ += "<dl class=\"numbers\">\n";
  for (const Number& n : numbers) {
    body_ += "<div><dt>" + Html::text(n.name) + "</dt><dd class=\"value\">" + Html::text(n.value) + "</dd>";
    if (!n.remark.empty()) body_ += "<dd class=\"remark\">" + Html::text(n.remark) + "</dd>";
    body_ += "</div>\n";
  }
  body_ += "</dl>\n";
  return *this;
}

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
  return add_figure(caption, png, Html::png(read_file(png)), png.filename());
}

Report& Report::linked_figure(const std::string& caption, const std::filesystem::path& png,
                              const std::filesystem::path& seen) {
  return add_figure(caption, png, Html::url(seen), seen);
}

Report& Report::add_figure(const std::string& caption, const std::filesystem::path& png, const Html& source,
                           const std::filesystem::path& seen) {
  const std::filesystem::path extension = ".svg";
  const std::vector<View> views = views_of(std::filesystem::path(png).replace_extension(extension));
  const Html text = Html::text(caption);
  if (views.empty()) {
    body_ += "<figure><div class=\"picture\"><img loading=\"lazy\" alt=\"" + text + "\" src=\"" + source +
             "\"" + width_style(width_of_png(png), 0.8) + "></div><figcaption>" + text +
             "</figcaption></figure>\n";
    return *this;
  }
  // The page holds the picture once. The other panels show another region of it.
  const Html id = Html::text(str("picture-", ++shared_));
  body_ += "<figure><div class=\"panels\">";
  for (std::size_t i = 1; i < views.size(); ++i)
    body_ +=
        panel_html(views[i], i > 1 ? "<use href=\"#" + id + "\"/>"
                                   : "<image id=\"" + id + "\" width=\"" + Html::text(to_text(views[0].width)) +
                                         "\" height=\"" + Html::text(to_text(views[0].height)) + "\" href=\"" +
                                         source + "\"/>");
  body_ += "</div><figcaption>" + text + " <a href=\"" +
           Html::url(std::filesystem::path(seen).replace_extension(extension)) +
           "\">SVG</a></figcaption></figure>\n";
  return *this;
}

Report& Report::link(const std::string& text, const std::filesystem::path& path) {
  body_ += "<p><a href=\"" + Html::url(path) + "\">" + Html::text(text) + "</a></p>\n";
  return *this;
}

Report& Report::table(const std::string& caption, const std::vector<std::string>& header,
                      const std::vector<std::vector<std::string>>& rows) {
  body_ += "<p class=\"caption\">" + Html::text(caption) + "</p>\n<div class=\"scroll\"><table><thead><tr>";
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
