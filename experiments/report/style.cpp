#include "experiments/report/style.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"

namespace elbow {

namespace {

std::string hex_colour(int red, int green, int blue) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", red, green, blue);
  return text;
}

/// "aarrggbb": gnuplot counts transparency, not opacity.
std::string with_alpha(const std::string& colour, double opacity) {
  char alpha[3];
  std::snprintf(alpha, sizeof alpha, "%02x", unsigned(std::lround(255 * (1 - opacity))) & 0xffu);
  return alpha + colour.substr(1);
}

}  // namespace

std::string viridis(double t) {
  // The map at steps of 1/8, between which it is nearly straight.
  static constexpr std::array<std::array<double, 3>, 9> anchors = {{{68, 1, 84},
                                                                    {71, 44, 122},
                                                                    {59, 81, 139},
                                                                    {44, 113, 142},
                                                                    {33, 144, 141},
                                                                    {39, 173, 129},
                                                                    {92, 200, 99},
                                                                    {170, 220, 50},
                                                                    {253, 231, 37}}};
  const double place = std::clamp(t, 0.0, 1.0) * 0.9 * double(anchors.size() - 1);
  const auto i = std::min(std::size_t(place), anchors.size() - 2);
  const auto channel = [&](std::size_t c) {
    return int(std::lround(std::lerp(anchors[i][c], anchors[i + 1][c], place - double(i))));
  };
  return hex_colour(channel(0), channel(1), channel(2));
}

std::string blues(double t) {
  const double share = std::clamp(t, 0.0, 1.0);
  const auto channel = [&](double light, double dark) {
    return int(std::lround(std::lerp(light, dark, share)));
  };
  return hex_colour(channel(243, 8), channel(246, 64), channel(250, 129));
}

std::string class_colour(std::int64_t label, std::int64_t classes) {
  if (classes <= std::int64_t(petroff.size())) return petroff[std::size_t(label)];
  return viridis(double(label) / double(classes - 1));
}

std::string line_colour(const std::string& colour, double opacity) {
  return str("lc rgb '#", with_alpha(colour, opacity), "'");
}

double colour_number(const std::string& colour, double opacity) {
  return double(std::stoul(with_alpha(colour, opacity), nullptr, 16));
}

CountColours::CountColours(const std::vector<CountResult>& per_count) {
  for (const auto& count : per_count) {
    if (!count.kl_per_latent.empty()) looked_at_.push_back(counts_.size());
    counts_.push_back(count.given);
  }
}

CountColours::CountColours(std::vector<std::string> class_names) : names_(std::move(class_names)) {
  for (std::size_t k = 0; k < names_.size(); ++k) counts_.push_back(std::int64_t(k));
}

std::string CountColours::operator()(std::int64_t given) const {
  const auto found = std::lower_bound(counts_.begin(), counts_.end(), given);
  return found == counts_.end() || *found != given ? "#808080"
                                                   : colour_at(std::size_t(found - counts_.begin()));
}

std::string CountColours::colour_at(std::size_t index) const {
  if (!names_.empty()) return class_colour(std::int64_t(index), std::int64_t(names_.size()));
  return few() ? okabe_ito[index] : viridis(double(index) / double(counts_.size() - 1));
}

void CountColours::explain(Panel& panel, const std::string& style) const {
  if (counts_.empty()) return;
  panel.legend_label = names_.empty() ? "given:" : few() ? "" : "class:";
  const auto name = [&](std::size_t i) { return names_.empty() ? str(counts_[i]) : names_[i]; };
  if (few()) {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      panel.legend.push_back({name(i), str(style, " ", line_colour(colour_at(i)))});
  } else {
    panel.bar = {name(0), name(counts_.size() - 1), {}};
    constexpr std::size_t most_slices = 100;  // two pixels each
    const std::size_t slices = std::min(counts_.size(), most_slices);
    for (std::size_t i = 0; i < slices; ++i)
      panel.bar.colours.push_back(colour_at(i * (counts_.size() - 1) / (slices - 1)));
  }
}

std::vector<std::size_t> CountColours::chosen(std::size_t most) const {
  std::vector<std::size_t> indices;
  const std::size_t n = looked_at_.size(), steps = std::min(n, most);
  for (std::size_t i = 0; i < steps; ++i)
    indices.push_back(looked_at_[steps == 1 ? 0 : i * (n - 1) / (steps - 1)]);
  return indices;
}

}  // namespace elbow
