#pragma once
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "autograd/backend/pixel_holes.hpp"
#include "autograd/random.hpp"
#include "base/config.hpp"
#include "data/dataset.hpp"

namespace elbow {

/// How the masks of images are drawn: for each row one of some kinds.
struct PixelMaskRule {
  ImageSize image;
  std::vector<std::pair<MaskKind, double>> kinds;  ///< with their weights, above 0
  /// The smallest and the largest share of the image that a rectangle covers. Its sides are whole pixels, so where no rectangle
  /// fits between the two, it is the smallest one above the first.
  std::array<double, 2> area{0.1, 0.5};
  double given = 0.2;  ///< of noise: the probability that a pixel is given

  /// The same with masks of one kind alone.
  PixelMaskRule only(MaskKind kind) const;
};

/// The kinds by name, "rectangle", "half", "left", "right", "top", "bottom", "noise".
std::vector<std::string> mask_kinds();
std::string name_of(MaskKind kind);
/// Error, which lists the names, for another one.
MaskKind mask_kind_of(const std::string& name);

/// Reads {"mask": a kind or "mixture", "weights": of rectangle, half and noise in a mixture, "area", "given"}. Error, naming the
/// key, for an impossible value.
PixelMaskRule read_pixel_masks(const Config& config, const ImageSize& image);

/// The rule in the numbers by which every device draws. Error for more than PixelHoles::most_kinds kinds.
PixelHoles holes_of(const PixelMaskRule& rule);
/// The least and the largest width of a rectangle of each height, from 1 on: [height, 2].
std::vector<float> rectangle_widths(const PixelMaskRule& rule);

/// Writes a mask [rows, channels * height * width] float32: 1 where a pixel is given, 0 in the hole. All channels of a pixel are
/// given or withheld together. The mask of a row depends on the key and the number of the row alone. Error if the tensor is not such
/// a matrix.
void draw_pixel_mask(const RandomKey& key, const PixelMaskRule& rule, Tensor& mask);

}  // namespace elbow
