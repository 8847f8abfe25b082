#include "experiments/report/figure.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"
#include "experiments/report/axis.hpp"
#include "experiments/report/gnuplot.hpp"

namespace elbow {

namespace {

// A page shows a panel of a thousand pixels at half its width, next to another one, or at a third on a phone. Text of
// this size is then about as large as that of the page.
constexpr double text_size = 25;
constexpr double mean_letter = 17.5, bold_letter = 20;  // pixels, about, of this size

// Pixels around a panel.
constexpr double left_margin = 200, right_margin = 50, bottom_margin = 135, top_margin = 150;
constexpr double title_height = 56,
                 legend_height = 45;  // of the title above the legend, of a line of the legend
constexpr double bar_length = 200;

const char* const axis_style = R"(reset
set encoding utf8
set minussign
set border 3 lc rgb '#404040' lw 0.7
set tics nomirror out scale 0.6 textcolor rgb '#202020'
set grid lc rgb '#e4e4e4' lw 0.5 lt 1
)";

/// Roughly the width in pixels of DejaVu Sans in the figure's size.
double text_width(const PlotText& words) {
  const std::string& text = words.shown();
  const auto inside_character = [](char byte) { return (byte & 0xc0) == 0x80; };  // UTF-8
  return mean_letter * double(text.size() - std::count_if(text.begin(), text.end(), inside_character));
}

/// How wide an entry of a legend is, with the room after it.
double entry_width(const Panel::LegendEntry& entry) { return 110 + text_width(entry.text); }

/// How wide a colour bar is, with its two values.
double bar_width(const ColourBar& bar) {
  return bar.colours.empty() ? 0 : text_width(bar.first) + text_width(bar.last) + bar_length + 64;
}

/// Where a panel's legend goes on in a new line: calls place(entry, x, line) for each of its entries, x from 0.
template <class Place> void lay_out_legend(const Panel& panel, double width, Place place) {
  double x = panel.legend_label.empty() ? 0 : text_width(panel.legend_label) + 26;
  x += bar_width(panel.bar);
  int line = 0;
  for (const auto& entry : panel.legend) {
    // the last entry of a line may reach into the margin by the room that follows it
    if (x > 0 && x + entry_width(entry) > width + right_margin) x = 0, ++line;
    place(entry, x, line);
    x += entry_width(entry);
  }
}

int legend_lines(const Panel& panel, double width) {
  int lines = 1;
  lay_out_legend(panel, width, [&](const auto&, double, int line) { lines = line + 1; });
  return lines;
}

/// How the texts of a panel's own ticks stand under an axis of `width` pixels: side by side where they fit, or aslant.
struct TickLayout {
  bool aslant = false;
  double height = 0;      ///< pixels that aslant texts take below the axis
  std::size_t every = 1;  ///< of the ticks, so that no text lies on another
};

TickLayout layout_of(const std::vector<Panel::Tick>& ticks, double width) {
  TickLayout layout;
  double widest = 0;
  for (const auto& tick : ticks)
    widest = std::max(widest, text_width(shortened(tick.text.shown(), longest_tick)));
  const double room = width / double(std::max<std::size_t>(1, ticks.size()));
  layout.aslant = widest + 15 > room && widest > 50;
  if (layout.aslant) layout.height = 0.71 * widest + 25;  // the sine of 45 degrees
  const double needed = layout.aslant ? 45 : widest + 15;
  layout.every = std::size_t(std::max(1.0, std::ceil(needed / room)));
  return layout;
}

/// A style whose points are measured in marks (draw_png_and_svg).
std::string in_marks(const std::string& style) {
  const std::string size = " ps ";
  const std::size_t at = style.find(size);
  return at == std::string::npos ? style : std::string(style).insert(at + size.size(), "mark*");
}

std::string interval(const Panel::Range& range) {
  return "[" + to_text(range.low) + ":" + to_text(range.high) + "]";
}

}  // namespace

Figure::Figure(int width, int height, int rows, int columns)
    : width_(width), height_(height), rows_(rows), columns_(columns) {}

void Figure::add(Panel panel) {
  if (panels_ == rows_ * columns_) fail("plot", "the figure has room for ", panels_, " panels only");
  Box box = next_box(panel);
  box.top -= legend_height * double(legend_lines(panel, box.right - box.left) - 1);
  const bool empty = panel.x.empty();

  panel.x = panel.integer_x && !empty ? Panel::Range{panel.x.low - 0.5, panel.x.high + 0.5}.padded(0.005)
                                      : panel.x.padded(panel.plain ? 0 : 0.06);
  const double lowest = panel.y.empty() ? 0 : panel.y.low;
  panel.y = panel.log_y ? whole_decades(panel.y) : panel.y.padded(panel.plain ? 0 : 0.06);
  // A value of exactly zero stays clear of the axis, where half of its marker would be hidden.
  if (panel.y_from_zero && lowest >= 0) panel.y.low = -0.03 * panel.y.high;
  if (panel.equal_axes) equalise(panel.x, panel.y, box.right - box.left, box.top - box.bottom);

  write_axes(panel, box);
  if (empty) script_ += "set label 'no data' at graph 0.5, graph 0.5 center tc rgb '#808080'\n";
  std::string plots;
  for (const auto& series : panel.series)
    if (!series.rows.empty()) plots += str(define(series.rows), " ", in_marks(series.style), " notitle, ");
  script_ += "plot " + plots + "NaN notitle\n";
  write_strip(panel, box);
  ++panels_;
}

void Figure::save(const std::filesystem::path& png) const {
  const std::string script = "set multiplot\n" + script_ + "unset multiplot\n";
  std::string svg = draw_png_and_svg(data_, script, width_, height_, png, text_size);
  const double width = double(width_) / columns_, height = double(height_) / rows_;
  std::string views;
  for (int i = 0; i < panels_; ++i)
    views += str("<view id=\"panel-", i + 1, "\" viewBox=\"", i % columns_ * width, " ", i / columns_ * height,
                 " ", width, " ", height, "\"/>\n");
  svg.insert(svg.rfind("</svg>"), views);
  write_file_atomically(std::filesystem::path(png).replace_extension(".svg"), svg);
}

Figure::Box Figure::next_box(const Panel& panel) const {
  const double width = double(width_) / columns_, height = double(height_) / rows_;
  const double left = panels_ % columns_ * width, top = height_ - panels_ / columns_ * height;
  const double texts = layout_of(panel.x_ticks, width - left_margin - right_margin).height;
  return {left + left_margin, left + width - right_margin, top - height + bottom_margin + texts,
          top - top_margin};
}

std::string Figure::at(double x_pixels, double y_pixels) const {
  return str("screen ", x_pixels / width_, ", screen ", y_pixels / height_);
}

void Figure::write_axes(const Panel& panel, const Box& box) {
  script_ +=
      str(axis_style, "set lmargin at screen ", box.left / width_, "\nset rmargin at screen ",
          box.right / width_, "\nset bmargin at screen ", box.bottom / height_, "\nset tmargin at screen ",
          box.top / height_, "\nset xrange ", interval(panel.x), "\nset yrange ", interval(panel.y), "\n");
  // At fixed places, so that the labels of a column of panels are in line however wide the ticks are.
  script_ += str(
      "set label ", panel.y_label.literal(), " at ", at(box.left - 172, (box.bottom + box.top) / 2),
      " center rotate tc rgb '#202020'\nset label ", panel.x_label.literal(), " at ",
      at((box.left + box.right) / 2, box.bottom - layout_of(panel.x_ticks, box.right - box.left).height - 97),
      " center tc rgb '#202020'\n");
  if (panel.x_ticks.empty())
    script_ += regular_ticks('x', panel.x, panel.integer_x ? 12 : 8, panel.integer_x);
  else
    write_x_ticks(panel, box);
  if (std::isfinite(panel.x_break)) write_break(panel, box);
  if (panel.plain) script_ += "unset grid\n";
  if (!panel.y_ticks.empty())
    script_ += "set ytics" + named_ticks(panel.y_ticks, 1, 10);
  else if (panel.log_y)
    script_ += "set logscale y\nset format y '10^{%L}'\nset mytics 1\n";
  else
    script_ += regular_ticks('y', panel.y, 8, false);
  const PlotText title = shortened(panel.title.shown(), std::size_t((box.right - box.left) / bold_letter) + 2);
  script_ +=
      str("set label ", title.literal(/*bold=*/true), " at ",
          at(box.left, box.top + title_height + legend_height * legend_lines(panel, box.right - box.left)),
          " left\n");
  for (const auto& level : panel.levels)
    if (std::isfinite(level.y))
      script_ += str("set arrow from graph 0, first ", to_text(level.y), " to graph 1, first ",
                     to_text(level.y), " nohead ", level.style, "\n");
}

void Figure::write_x_ticks(const Panel& panel, const Box& box) {
  const TickLayout layout = layout_of(panel.x_ticks, box.right - box.left);
  script_ += str("set xtics", layout.aslant ? " rotate by 45 right" : "",
                 named_ticks(panel.x_ticks, layout.every, longest_tick));
}

// Two strokes across the axis, with nothing between them.
void Figure::write_break(const Panel& panel, const Box& box) {
  const double x =
      box.left + (panel.x_break - panel.x.low) / (panel.x.high - panel.x.low) * (box.right - box.left);
  const auto stroke = [&](double from_x, double from_y, double to_x, double to_y, const char* style) {
    script_ += str("set arrow from ", at(from_x, box.bottom + from_y), " to ", at(to_x, box.bottom + to_y),
                   " nohead front ", style, "\n");
  };
  stroke(x - 5, 0, x + 5, 0, "lc rgb 'white' lw 4");
  for (const double middle : {x - 6, x + 6}) stroke(middle - 5, -12, middle + 5, 12, "lc rgb '#404040' lw 1");
}

void Figure::write_strip(const Panel& panel, const Box& box) {
  // gnuplot would put all entries into columns of one width; a plot of nothing per entry lets each have its
  // own.
  script_ += "unset arrow\nunset label\nunset border\nunset tics\nunset grid\n";
  const int lines = legend_lines(panel, box.right - box.left);
  const double y = box.top + legend_height * lines;  // of the first line
  double x = box.left;
  if (!panel.legend_label.empty()) {
    script_ += str("set label ", panel.legend_label.literal(), " at ", at(x, y), " left\n");
    x += text_width(panel.legend_label) + 26;
  }
  if (!panel.bar.colours.empty()) write_bar(panel.bar, x, y);
  lay_out_legend(panel, box.right - box.left, [&](const Panel::LegendEntry& entry, double offset, int line) {
    script_ += str("set key at ", at(box.left + offset - 16, y - legend_height * line),
                   " left center Left reverse samplen 1.4\nplot NaN notitle, keyentry ", in_marks(entry.style),
                   " title ", entry.text.literal(), "\nunset label\nunset object\n");
  });
  if (panel.legend.empty()) script_ += "plot NaN notitle\n";
}

void Figure::write_bar(const ColourBar& bar, double x, double y) {
  const auto text = [&](const PlotText& words) {
    script_ += str("set label ", words.literal(), " at ", at(x, y), " left\n");
    x += text_width(words) + 14;
  };
  text(bar.first);
  const double right = x + bar_length, step = (right - x) / double(bar.colours.size());
  // Every slice reaches to the right end and is covered by the next: no seams between neighbours.
  for (std::size_t i = 0; i < bar.colours.size(); ++i)
    script_ += str("set object rectangle from ", at(x + step * double(i), y - 14), " to ", at(right, y + 14),
                   " fillcolor rgb '", bar.colours[i], "' fillstyle solid noborder\n");
  x = right + 14;
  text(bar.last);
}

std::string Figure::define(const Points& rows) {
  const std::string name = str("$block", blocks_++);
  std::ostringstream out;
  out.precision(10);  // so that the number of a colour is whole
  out << name << " << EOD\n";
  for (const auto& row : rows) {
    for (double value : row)
      if (std::isfinite(value))
        out << value << ' ';
      else
        out << "NaN ";
    out << '\n';
  }
  out << "EOD\n";
  data_ += out.str();
  return name;
}

}  // namespace elbow
