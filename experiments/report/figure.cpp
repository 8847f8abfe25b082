#include "experiments/report/figure.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/plain_text.hpp"
#include "data/csv.hpp"
#include "experiments/report/gnuplot.hpp"

namespace elbow {

namespace {

// Pixels around a panel, for text of the default size.
constexpr double left_margin = 165, right_margin = 45, bottom_margin = 110, top_margin = 130;
constexpr double title_height = 46,
                 legend_height = 36;  // of the title above the legend, of a line of the legend
constexpr double bar_length = 200;

const char* const axis_style = R"(reset
set encoding utf8
set minussign
set border 3 lc rgb '#404040' lw 0.7
set tics nomirror out scale 0.6 textcolor rgb '#202020'
set grid lc rgb '#e4e4e4' lw 0.5 lt 1
set xlabel offset 0,0.2 textcolor rgb '#202020'
)";

/// Ticks at multiples of the smallest of 1, 2, 5 times a power of ten that divides the range into at most
/// `most` parts, all with the same number of decimals.
std::string ticks(char axis, const Panel::Range& range, int most, bool whole) {
  const double length = range.high - range.low;
  double decade = std::pow(10, std::floor(std::log10(length / most)));
  if (whole) decade = std::max(decade, 1.0);
  double step = 10 * decade;
  for (double digit : {5, 2, 1})
    if (length <= digit * decade * most) step = digit * decade;
  const int decimals = std::max(0, -int(std::floor(std::log10(step * 1.001))));
  const bool plain = decimals <= 5 && std::max(std::abs(range.low), std::abs(range.high)) < 1e6;
  return str("set ", axis, "tics ", step, "\nset format ", axis, " '", plain ? str("%.", decimals, "f") : "%g",
             "'\n");
}

/// Widens the shorter of two ranges about its middle until `x` and `y` have the proportion width : height.
void equalise(Panel::Range& x, Panel::Range& y, double width, double height) {
  const double unit = std::max((x.high - x.low) / width, (y.high - y.low) / height);
  const auto widen = [](Panel::Range& range, double length) {
    const double middle = (range.low + range.high) / 2;
    range = {middle - length / 2, middle + length / 2};
  };
  widen(x, unit * width);
  widen(y, unit * height);
}

Panel::Range whole_decades(const Panel::Range& range) {
  if (range.empty() || range.high <= 0) return {0.1, 1};
  const double low = std::floor(std::log10(std::max(range.low, range.high * 1e-12)));
  return {std::pow(10, low), std::max(std::pow(10, low + 1), range.high * 1.6)};
}

/// Roughly the width in pixels of DejaVu Sans in the figure's size.
double text_width(const PlotText& words) {
  const std::string& text = words.shown();
  const auto inside_character = [](char byte) { return (byte & 0xc0) == 0x80; };  // UTF-8
  return 13.5 * double(text.size() - std::count_if(text.begin(), text.end(), inside_character));
}

/// How wide an entry of a legend is, with the room after it.
double entry_width(const Panel::LegendEntry& entry) { return 92 + text_width(entry.text); }

/// How wide a colour bar is, with its two values.
double bar_width(const ColourBar& bar) {
  return bar.colours.empty() ? 0 : text_width(bar.first) + text_width(bar.last) + bar_length + 56;
}

/// Where a panel's legend goes on in a new line: calls place(entry, x, line) for each of its entries, x from 0.
template <class Place> void lay_out_legend(const Panel& panel, double width, Place place) {
  double x = panel.legend_label.empty() ? 0 : text_width(panel.legend_label) + 22;
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

/// A tick's text, without the middle of a long one.
PlotText tick_text(const Panel::Tick& tick) { return shortened(tick.text.shown(), 16); }

TickLayout layout_of(const std::vector<Panel::Tick>& ticks, double width) {
  TickLayout layout;
  double widest = 0;
  for (const auto& tick : ticks) widest = std::max(widest, text_width(tick_text(tick)));
  const double room = width / double(std::max<std::size_t>(1, ticks.size()));
  layout.aslant = widest + 12 > room && widest > 40;
  if (layout.aslant) layout.height = 0.71 * widest + 20;  // the sine of 45 degrees
  const double needed = layout.aslant ? 36 : widest + 12;
  layout.every = std::size_t(std::max(1.0, std::ceil(needed / room)));
  return layout;
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
                                      : panel.x.padded(0.06);
  const double lowest = panel.y.empty() ? 0 : panel.y.low;
  panel.y = panel.log_y ? whole_decades(panel.y) : panel.y.padded(0.06);
  // A value of exactly zero stays clear of the axis, where half of its marker would be hidden.
  if (panel.y_from_zero && lowest >= 0) panel.y.low = -0.03 * panel.y.high;
  if (panel.equal_axes) equalise(panel.x, panel.y, box.right - box.left, box.top - box.bottom);

  write_axes(panel, box);
  if (empty) script_ += "set label 'no data' at graph 0.5, graph 0.5 center tc rgb '#808080'\n";
  std::string plots;
  for (const auto& series : panel.series)
    if (!series.rows.empty()) plots += str(define(series.rows), " ", series.style, " notitle, ");
  script_ += "plot " + plots + "NaN notitle\n";
  write_strip(panel, box);
  ++panels_;
}

void Figure::save(const std::filesystem::path& png) const {
  run_gnuplot(data_ + "set multiplot\n" + script_ + "unset multiplot\n", width_, height_, png);
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
  script_ += str(axis_style, "set lmargin at screen ", box.left / width_, "\nset rmargin at screen ",
                 box.right / width_, "\nset bmargin at screen ", box.bottom / height_,
                 "\nset tmargin at screen ", box.top / height_, "\nset xrange ", interval(panel.x),
                 "\nset yrange ", interval(panel.y), "\nset xlabel ", panel.x_label.literal(), "\n");
  // At a fixed place, so that the labels of a column of panels are in line however wide the ticks are.
  script_ += str("set label ", panel.y_label.literal(), " at ", at(box.left - 140, (box.bottom + box.top) / 2),
                 " center rotate tc rgb '#202020'\n");
  if (panel.x_ticks.empty())
    script_ += ticks('x', panel.x, panel.integer_x ? 12 : 8, panel.integer_x);
  else
    write_x_ticks(panel, box);
  if (std::isfinite(panel.x_break)) write_break(panel, box);
  if (panel.log_y)
    script_ += "set logscale y\nset format y '10^{%L}'\nset mytics 1\n";
  else
    script_ += ticks('y', panel.y, 8, false);
  script_ +=
      str("set label ", panel.title.literal(/*bold=*/true), " at ",
          at(box.left, box.top + title_height + legend_height * legend_lines(panel, box.right - box.left)),
          " left\n");
  for (const auto& level : panel.levels)
    if (std::isfinite(level.y))
      script_ += str("set arrow from graph 0, first ", to_text(level.y), " to graph 1, first ",
                     to_text(level.y), " nohead ", level.style, "\n");
}

void Figure::write_x_ticks(const Panel& panel, const Box& box) {
  const TickLayout layout = layout_of(panel.x_ticks, box.right - box.left);
  script_ += str("set xtics", layout.aslant ? " rotate by 45 right" : "", " (");
  for (std::size_t i = 0; i < panel.x_ticks.size(); i += layout.every) {
    const Panel::Tick& tick = panel.x_ticks[i];
    script_ += str(i > 0 ? ", " : "", tick_text(tick).literal(), " ", to_text(tick.x));
  }
  script_ += ")\n";
  if (layout.aslant)  // below the texts, which gnuplot thinks are shorter
    script_ +=
        str("set xlabel ''\nset label ", panel.x_label.literal(), " at ",
            at((box.left + box.right) / 2, box.bottom - layout.height - 72), " center tc rgb '#202020'\n");
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
  script_ += "unset arrow\nunset label\nunset border\nunset tics\nunset xlabel\nunset grid\n";
  const int lines = legend_lines(panel, box.right - box.left);
  const double y = box.top + legend_height * lines;  // of the first line
  double x = box.left;
  if (!panel.legend_label.empty()) {
    script_ += str("set label ", panel.legend_label.literal(), " at ", at(x, y), " left\n");
    x += text_width(panel.legend_label) + 22;
  }
  if (!panel.bar.colours.empty()) write_bar(panel.bar, x, y);
  lay_out_legend(panel, box.right - box.left, [&](const Panel::LegendEntry& entry, double offset, int line) {
    script_ += str("set key at ", at(box.left + offset - 16, y - legend_height * line),
                   " left center Left reverse samplen 1.4\nplot NaN notitle, keyentry ", entry.style, " title ",
                   entry.text.literal(), "\nunset label\nunset object\n");
  });
  if (panel.legend.empty()) script_ += "plot NaN notitle\n";
}

void Figure::write_bar(const ColourBar& bar, double x, double y) {
  const auto text = [&](const PlotText& words) {
    script_ += str("set label ", words.literal(), " at ", at(x, y), " left\n");
    x += text_width(words) + 12;
  };
  text(bar.first);
  const double right = x + bar_length, step = (right - x) / double(bar.colours.size());
  // Every slice reaches to the right end and is covered by the next: no seams between neighbours.
  for (std::size_t i = 0; i < bar.colours.size(); ++i)
    script_ += str("set object rectangle from ", at(x + step * double(i), y - 12), " to ", at(right, y + 12),
                   " fillcolor rgb '", bar.colours[i], "' fillstyle solid noborder\n");
  x = right + 12;
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
