#include "experiments/report/axis.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/csv.hpp"

namespace elbow {

std::string regular_ticks(char axis, const Panel::Range& range, int most, bool whole) {
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

std::string named_ticks(const std::vector<Panel::Tick>& ticks, std::size_t every, std::size_t longest) {
  std::string list;
  for (std::size_t i = 0; i < ticks.size(); i += every)
    list += str(i > 0 ? ", " : " (", PlotText(shortened(ticks[i].text.shown(), longest)).literal(), " ",
                to_text(ticks[i].x));
  return list + ")\n";
}

}  // namespace elbow
