#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/report/panel.hpp"

namespace elbow {

/// A grid of panels, filled in reading order, that becomes a PNG and an SVG. All text is of one size; legends are in a
/// strip above their panel, where they cannot cover data; a long one takes several lines.
class Figure {
 public:
  /// A figure of `rows` x `columns` panels and width x height pixels.
  Figure(int width, int height, int rows = 1, int columns = 1);

  /// Puts a panel into the next free cell.
  void add(Panel panel);

  /// Draws the figure as PNG and, next to it and with the same stem, as SVG. The SVG has a view of each panel by
  /// itself: NAME.svg#panel-1 is the first. Throws Error like run_gnuplot.
  void save(const std::filesystem::path& png) const;

 private:
  struct Box {
    double left, right, bottom, top;  ///< pixels from the lower left corner of the figure
  };
  Box next_box(const Panel& panel) const;
  std::string at(double x_pixels, double y_pixels) const;
  void write_axes(const Panel& panel, const Box& box);
  void write_x_ticks(const Panel& panel, const Box& box);
  void write_break(const Panel& panel, const Box& box);
  void write_strip(const Panel& panel, const Box& box);
  void write_bar(const ColourBar& bar, double x, double y);
  std::string define(const Points& rows);

  int width_, height_, rows_, columns_;
  int panels_ = 0, blocks_ = 0;
  std::string data_, script_;  // data first: all datablocks stand before the multiplot begins
};

}  // namespace elbow
