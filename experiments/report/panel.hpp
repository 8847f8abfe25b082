#pragma once
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "experiments/report/text.hpp"

namespace elbow {

/// The rows of a series, as gnuplot's `using 1:2:...` counts their columns. Values that are not finite are
/// gaps.
using Points = std::vector<std::vector<double>>;

/// A row of colours with the value of the first and of the last; stands above a panel in place of a long
/// legend.
struct ColourBar {
  PlotText first, last;
  std::vector<std::string> colours;  ///< "#rrggbb"; no bar if empty
};

/// One set of axes and what is drawn on them, before it has a place in a figure. A plot is a function that
/// returns one; see panels.hpp.
struct Panel {
  /// An interval that grows with what it is shown. Values that are not finite do not count.
  struct Range {
    double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

    void include(double value);
    bool empty() const { return low > high; }
    /// Wider by `fraction` of its length on both sides; an empty range becomes 0..1, a single point gets room.
    Range padded(double fraction) const;
  };

  struct Series {
    Points rows;
    std::string style;  ///< gnuplot, from `using` on
  };
  struct Level {
    double y;
    std::string style;  ///< gnuplot: colour, width and dashes
  };
  struct Tick {
    double x;
    PlotText text;
  };
  struct LegendEntry {
    PlotText text;
    std::string style;  ///< gnuplot, from `with` on
  };

  PlotText title, x_label, y_label;
  Range x, y;                 ///< what must be visible; the figure pads it
  bool integer_x = false;     ///< ticks at whole numbers only
  bool log_y = false;         ///< decades on y
  bool equal_axes = false;    ///< one unit has the same length on both axes
  bool plain = false;         ///< no grid, and the axes end where x and y do
  bool y_from_zero = false;   ///< y starts at 0 instead of just below the lowest value
  std::vector<Tick> x_ticks;  ///< in place of regular ones; long texts stand aslant, and of too many only some
  std::vector<Tick> y_ticks;  ///< the same for y, `x` of each being a value of y; there is room for ten letters
  double x_break =
      std::numeric_limits<double>::quiet_NaN();  ///< where x leaves something out: a gap in the axis
  std::vector<Series> series;
  std::vector<Level> levels;
  std::vector<LegendEntry> legend;
  PlotText legend_label;  ///< stands before the bar and the legend's entries
  ColourBar bar;

  /// Adds a series; later ones are drawn above earlier ones.
  void draw(Points rows, std::string style) { series.push_back({std::move(rows), std::move(style)}); }

  /// Adds the series of another panel above those that are there.
  void draw(const Panel& layer) { series.insert(series.end(), layer.series.begin(), layer.series.end()); }

  /// Adds a horizontal line across the whole panel at a value of y, which becomes visible, with an entry in the
  /// legend.
  void level(double at, const std::string& style, const std::string& text);
};

}  // namespace elbow
