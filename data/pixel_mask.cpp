#include "data/pixel_mask.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/profile.hpp"
#include "base/text.hpp"

namespace elbow {
namespace {

const std::vector<std::pair<MaskKind, std::string>> mask_names = {
    {MaskKind::rectangle, "rectangle"}, {MaskKind::half, "half"}, {MaskKind::left, "left"},
    {MaskKind::right, "right"},         {MaskKind::top, "top"},   {MaskKind::bottom, "bottom"},
    {MaskKind::noise, "noise"},
};

// The pixels in rows top to bottom - 1 and columns left to right - 1.
struct Box {
  int64_t top, left, bottom, right;
};

// One of 0 .. n - 1, each as likely, from u uniform in 0..1.
int64_t choice(float u, int64_t n) { return std::min(n - 1, int64_t(double(u) * double(n))); }

// Its height is uniform, then its width among those that keep the area within its limits, then its place.
Box rectangle(const PixelMaskRule& rule, const float* u) {
  constexpr double rounding = 1e-9;
  const int64_t height = rule.image.height, width = rule.image.width;
  const double pixels = double(height * width);
  const auto at_least = [](double size) { return std::max<int64_t>(1, int64_t(std::ceil(size - rounding))); };
  const int64_t lowest = at_least(rule.area[0] * double(height));
  const int64_t high = lowest + choice(u[0], height - lowest + 1);
  const int64_t narrowest = at_least(rule.area[0] * pixels / double(high));
  const int64_t widest =
      std::min(width, std::max(narrowest, int64_t(rule.area[1] * pixels / double(high) + rounding)));
  const int64_t wide = narrowest + choice(u[1], widest - narrowest + 1);
  const int64_t top = choice(u[2], height - high + 1), left = choice(u[3], width - wide + 1);
  return {top, left, top + high, left + wide};
}

Box half(MaskKind kind, int64_t height, int64_t width) {
  switch (kind) {
    case MaskKind::left: return {0, 0, height, width / 2};
    case MaskKind::right: return {0, width / 2, height, width};
    case MaskKind::top: return {0, 0, height / 2, width};
    default: return {height / 2, 0, height, width};
  }
}

MaskKind drawn_kind(const PixelMaskRule& rule, double u) {
  double total = 0;
  for (const auto& [kind, weight] : rule.kinds) total += weight;
  for (const auto& [kind, weight] : rule.kinds)
    if ((u -= weight / total) < 0) return kind;
  return rule.kinds.back().first;
}

// Which numbers of a row say what: the kind, the half, then four for a rectangle or one for each pixel.
constexpr int64_t kind_at = 0, half_at = 1, shape_at = 2, rectangle_numbers = 4;

// The mask of one channel of a row [height * width].
void fill_plane(const PixelMaskRule& rule, const float* u, float* plane) {
  const int64_t height = rule.image.height, width = rule.image.width;
  MaskKind kind = drawn_kind(rule, double(u[kind_at]));
  if (kind == MaskKind::noise) {
    for (int64_t i = 0; i < height * width; ++i) plane[i] = u[shape_at + i] < float(rule.given) ? 1 : 0;
    return;
  }
  constexpr MaskKind halves[] = {MaskKind::left, MaskKind::right, MaskKind::top, MaskKind::bottom};
  if (kind == MaskKind::half) kind = halves[choice(u[half_at], 4)];
  const Box box = kind == MaskKind::rectangle ? rectangle(rule, u + shape_at) : half(kind, height, width);
  std::fill_n(plane, height * width, 1.0f);
  for (int64_t y = box.top; y < box.bottom; ++y)
    std::fill(plane + y * width + box.left, plane + y * width + box.right, 0.0f);
}

}  // namespace

PixelMaskRule PixelMaskRule::only(MaskKind kind) const {
  PixelMaskRule rule = *this;
  rule.kinds = {{kind, 1}};
  return rule;
}

std::vector<std::string> mask_kinds() {
  std::vector<std::string> names;
  for (const auto& [kind, name] : mask_names) names.push_back(name);
  return names;
}

std::string name_of(MaskKind kind) {
  return std::ranges::find(mask_names, kind, &std::pair<MaskKind, std::string>::first)->second;
}

MaskKind mask_kind_of(const std::string& name) {
  const auto found = std::ranges::find(mask_names, name, &std::pair<MaskKind, std::string>::second);
  if (found == mask_names.end())
    throw Error(str("there is no mask '", name, "'; there are ", quoted_list(mask_kinds()),
                    did_you_mean(name, mask_kinds())));
  return found->first;
}

PixelMaskRule read_pixel_masks(const Config& config, const ImageSize& image) {
  PixelMaskRule rule{image, {}};
  std::vector<std::string> kinds = mask_kinds();
  kinds.insert(kinds.begin(), "mixture");
  const std::string name = config.choice("mask", kinds, "mixture");
  const auto weights = config.get<std::vector<double>>("weights", {1, 1, 1}, at_least(0));
  if (weights.size() != 3) config.fail("weights", "needs three numbers: of rectangle, half and noise");
  constexpr MaskKind mixed[] = {MaskKind::rectangle, MaskKind::half, MaskKind::noise};
  for (size_t i = 0; i < weights.size(); ++i)
    if (weights[i] > 0) rule.kinds.emplace_back(mixed[i], weights[i]);
  if (rule.kinds.empty()) config.fail("weights", "one of them must be above 0");
  if (name != "mixture") rule = rule.only(mask_kind_of(name));
  const auto area = config.get<std::vector<double>>("area", {0.1, 0.5}, between(0, 1));
  if (area.size() != 2 || area[0] > area[1])
    config.fail("area", "needs two numbers, the smallest share of the image and the largest");
  rule.area = {area[0], area[1]};
  rule.given = config.get<double>("given", rule.given, between(0, 1));
  return rule;
}

void draw_pixel_mask(const RandomKey& key, const PixelMaskRule& rule, Tensor& mask) {
  const Timed timed("mask", Work::beside);
  const int64_t plane = rule.image.height * rule.image.width, columns = rule.image.channels * plane;
  if (mask.rank() != 2 || mask.size(1) != columns || mask.dtype() != DType::float32)
    fail("draw_pixel_mask", "needs a matrix of float32 with ", columns, " columns, not ", mask.shape(), " of ",
         name_of(mask.dtype()));
  const bool noise = std::ranges::count(rule.kinds, MaskKind::noise, &std::pair<MaskKind, double>::first) > 0;
  const int64_t rows = mask.size(0),
                numbers = shape_at + (noise ? std::max(plane, rectangle_numbers) : rectangle_numbers);
  const Tensor drawn = uniform(key, {rows, numbers});
  const float* u = drawn.data<float>();  // [rows, numbers]
  float* m = mask.data<float>();         // [rows, channels, height * width]
  for (int64_t r = 0; r < rows; ++r, u += numbers, m += columns) {
    fill_plane(rule, u, m);
    for (int64_t c = 1; c < rule.image.channels; ++c) std::copy_n(m, plane, m + c * plane);
  }
  mask.mark_written("draw_pixel_mask");
}

}  // namespace elbow
