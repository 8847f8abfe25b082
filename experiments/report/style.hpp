#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "experiments/report/panel.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// Okabe and Ito's palette, which readers with colour-blindness can tell apart; black and yellow left out.
inline const std::vector<std::string> okabe_ito = {"#0072b2", "#d55e00", "#009e73",
                                                   "#cc79a7", "#e69f00", "#56b4e9"};

/// The viridis map at t in 0..1, without its lightest tenth, which vanishes on white paper.
std::string viridis(double t);

/// "lc rgb '#rrggbb'", with an optional opacity in 0..1.
std::string line_colour(const std::string& colour, double opacity = 1);

/// "#rrggbb" as the number that gnuplot's `lc rgb variable` takes from a column: one series for points of any colours.
double colour_number(const std::string& colour, double opacity = 1);

/// The colour of each number of given columns, the same in every panel of a figure: one of a few distinct
/// colours with a legend, or, where there are too many, viridis with a colour bar.
class CountColours {
 public:
  explicit CountColours(const std::vector<CountResult>& per_count);
  /// For points that are told apart by another number, such as their class; ascending.
  CountColours(std::vector<std::int64_t> numbers, std::string legend_label)
      : counts_(std::move(numbers)), legend_label_(std::move(legend_label)) {}

  std::string operator()(std::int64_t given) const;

  /// Says above the panel which colour is which count; `style` is how the panel draws it (`with` ..., no
  /// colour).
  void explain(Panel& panel, const std::string& style) const;

  /// Indices into per_count of those that get their own curve or label: all of few, about `most` of many,
  /// evenly spread, with the first and the last. In wide sets, those whose latents were looked at.
  std::vector<std::size_t> chosen(std::size_t most = 9) const;

 private:
  bool few() const { return counts_.size() <= okabe_ito.size(); }
  std::string colour_at(std::size_t index) const;  ///< of counts_[index]
  std::vector<std::int64_t> counts_;               ///< ascending
  std::vector<std::size_t> looked_at_;             ///< indices into counts_
  std::string legend_label_ = "given:";
};

}  // namespace elbow
