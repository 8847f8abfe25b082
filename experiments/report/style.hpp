#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "experiments/report/panel.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// Okabe and Ito's palette, which readers with colour-blindness can distinguish; black and yellow left out.
inline const std::vector<std::string> okabe_ito = {"#0072b2", "#d55e00", "#009e73",
                                                   "#cc79a7", "#e69f00", "#56b4e9"};

/// Ten colours for classes, chosen so that the colour-blind can distinguish them (Petroff 2021, arXiv:2107.02270).
inline const std::vector<std::string> petroff = {"#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
                                                 "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"};

/// The colour of a class, from 0. Classes have no order, so up to ten have a colour each; only more share viridis.
std::string class_colour(std::int64_t label, std::int64_t classes);

/// The viridis map at t in 0..1, without its lightest tenth, which vanishes on white paper.
std::string viridis(double t);

/// White to dark blue at t in 0..1, for cells on white paper: what is 0 vanishes.
std::string blues(double t);

/// "lc rgb '#rrggbb'", with an optional opacity in 0..1.
std::string line_colour(const std::string& colour, double opacity = 1);

/// "#rrggbb" as the number that gnuplot's `lc rgb variable` takes from a column: one series for points of any colours.
double colour_number(const std::string& colour, double opacity = 1);

/// The colour of each number of given columns, the same in every panel of a figure: one of a few distinct
/// colours with a legend, or, where there are too many, viridis with a colour bar.
class CountColours {
 public:
  explicit CountColours(const std::vector<CountResult>& per_count);
  /// For points that are coloured by class, a number in place of the count. No colours for no names.
  explicit CountColours(std::vector<std::string> class_names);

  std::string operator()(std::int64_t given) const;

  /// Says above the panel which colour is which count; `style` is how the panel draws it (`with` ..., no
  /// colour).
  void explain(Panel& panel, const std::string& style) const;

  /// Indices into per_count of those that get their own curve or label: all of few, about `most` of many,
  /// evenly spread, with the first and the last. In wide sets, those whose latents were evaluated.
  std::vector<std::size_t> chosen(std::size_t most = 9) const;

 private:
  bool few() const { return counts_.size() <= (names_.empty() ? okabe_ito : petroff).size(); }
  std::string colour_at(std::size_t index) const;  ///< of counts_[index]
  std::vector<std::int64_t> counts_;               ///< ascending
  std::vector<std::size_t> looked_at_;             ///< indices into counts_
  std::vector<std::string> names_;                 ///< of classes, in the order of counts_
};

}  // namespace elbow
