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

constexpr double rounding = 1e-9;  // of a size that is a whole number of pixels

// The least whole number of pixels, at least 1, that is not below `size`.
int64_t pixels_for(double size) { return std::max<int64_t>(1, int64_t(std::ceil(size - rounding))); }

// The mask of one channel [height * width]: PixelHoles::gives of all its pixels.
template <class Numbers>
void fill_plane(const PixelHoles& holes, const PixelHole& hole, const Numbers& u, float* plane) {
  const int64_t width = holes.width, pixels = holes.height * width;
  if (hole.noise) {
    for (int64_t i = 0; i < pixels; ++i) plane[i] = holes.noise_gives(u, i) ? 1 : 0;
    return;
  }
  std::fill_n(plane, pixels, 1.0f);
  for (int64_t y = hole.top; y < hole.bottom; ++y)
    std::fill(plane + y * width + hole.left, plane + y * width + hole.right, 0.0f);
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

PixelHoles holes_of(const PixelMaskRule& rule) {
  PixelHoles holes;
  if (rule.kinds.empty() || rule.kinds.size() > size_t(PixelHoles::most_kinds))
    fail("draw_pixel_mask", "mixes 1 to ", PixelHoles::most_kinds, " kinds, not ", rule.kinds.size());
  holes.height = rule.image.height, holes.width = rule.image.width;
  double total = 0;
  for (const auto& [kind, weight] : rule.kinds) total += weight;
  holes.numbers = PixelHoles::shape_at + PixelHoles::rectangle_numbers;
  for (const auto& [kind, weight] : rule.kinds) {
    if (kind == MaskKind::noise)
      holes.numbers = std::max(holes.numbers, PixelHoles::shape_at + holes.height * holes.width);
    holes.kind[holes.kinds] = kind;
    holes.share[holes.kinds++] = weight / total;
  }
  holes.lowest = pixels_for(rule.area[0] * double(holes.height));
  holes.given = float(rule.given);
  return holes;
}

std::vector<float> rectangle_widths(const PixelMaskRule& rule) {
  const int64_t height = rule.image.height, width = rule.image.width;
  const double pixels = double(height * width);
  std::vector<float> widths;
  for (int64_t high = 1; high <= height; ++high) {
    const double row = pixels / double(high);  // of a rectangle that covers the image
    const int64_t narrowest = std::min(width, pixels_for(rule.area[0] * row));
    const int64_t widest = std::clamp(int64_t(rule.area[1] * row + rounding), narrowest, width);
    widths.insert(widths.end(), {float(narrowest), float(widest)});
  }
  return widths;
}

void draw_pixel_mask(const RandomKey& key, const PixelMaskRule& rule, Tensor& mask) {
  const Timed timed("mask", Work::beside);
  const int64_t plane = rule.image.height * rule.image.width, columns = rule.image.channels * plane;
  if (mask.rank() != 2 || mask.size(1) != columns || mask.dtype() != DType::float32)
    fail("draw_pixel_mask", "needs a matrix of float32 with ", columns, " columns, not ", mask.shape(), " of ",
         name_of(mask.dtype()));
  const PixelHoles holes = holes_of(rule);
  const std::vector<float> widths = rectangle_widths(rule);
  const int64_t rows = mask.size(0);
  const Tensor drawn = uniform(key, {rows, holes.numbers});
  const float* numbers = drawn.data<float>();  // [rows, holes.numbers]
  float* m = mask.data<float>();               // [rows, channels, height * width]
  for (int64_t r = 0; r < rows; ++r, numbers += holes.numbers, m += columns) {
    const auto u = [numbers](int64_t i) { return numbers[i]; };
    fill_plane(holes, holes.hole(u, widths), u, m);
    for (int64_t c = 1; c < rule.image.channels; ++c) std::copy_n(m, plane, m + c * plane);
  }
  mask.mark_written("draw_pixel_mask");
}

}  // namespace elbow
