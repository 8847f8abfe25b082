#pragma once
#include <cstdint>

#include "autograd/kernels/math.hpp"

namespace elbow {

/// What is withheld from an image: the pixels in a hole (as the masks of Ivanov, Figurnov & Vetrov 2019, "Variational Autoencoder
/// with Arbitrary Conditioning", section 5).
enum class MaskKind : uint8_t {
  rectangle,  ///< a rectangle anywhere in the image
  half,       ///< one of the four halves below, each as likely
  left,
  right,
  top,
  bottom,
  noise  ///< each pixel by itself
};

/// A hole: the pixels in rows top to bottom - 1 and columns left to right - 1; of noise, each pixel by itself.
struct PixelHole {
  bool noise = false;
  int64_t top = 0, left = 0, bottom = 0, right = 0;
};

/// How the hole of an image is drawn (data/pixel_mask.hpp), as every device computes it. Random numbers u(i) are multiples of 2^-24
/// in [0, 1), and the arithmetic on them is exact, so all devices draw the same holes. What has to be rounded has been, on the host.
struct PixelHoles {
  static constexpr int most_kinds = 8;
  /// Which numbers of a row say what: the kind, the half, then four for a rectangle or one for each pixel.
  static constexpr int64_t kind_at = 0, half_at = 1, shape_at = 2, rectangle_numbers = 4;

  int64_t height = 1, width = 1;  ///< of the image
  int64_t numbers = 0;            ///< random numbers for each image
  int kinds = 0;                  ///< that are mixed, with their shares
  MaskKind kind[most_kinds] = {};
  double share[most_kinds] = {};
  int64_t lowest = 1;  ///< height of a rectangle
  float given = 0;     ///< of noise

  /// The hole of an image. widths[2 (h - 1)] and the next: the least and the largest width of a rectangle of height h.
  template <class Numbers, class Widths> ELBOW_FN PixelHole hole(const Numbers& u, const Widths& widths) const {
    MaskKind drawn = drawn_kind(u);
    if (drawn == MaskKind::noise) return {true};
    if (drawn == MaskKind::rectangle) return rectangle(u, widths);
    if (drawn == MaskKind::half) drawn = MaskKind(int(MaskKind::left) + int(choice(u(half_at), 4)));
    return {false, drawn == MaskKind::bottom ? height / 2 : 0, drawn == MaskKind::right ? width / 2 : 0,
            drawn == MaskKind::top ? height / 2 : height, drawn == MaskKind::left ? width / 2 : width};
  }

  /// Whether noise gives pixel i, counted row by row.
  template <class Numbers> ELBOW_FN bool noise_gives(const Numbers& u, int64_t i) const {
    return u(shape_at + i) < given;
  }
  /// Whether pixel i is given.
  template <class Numbers> ELBOW_FN bool gives(const PixelHole& hole, const Numbers& u, int64_t i) const {
    if (hole.noise) return noise_gives(u, i);
    const int64_t y = i / width, x = i % width;
    return y < hole.top || y >= hole.bottom || x < hole.left || x >= hole.right;
  }

 private:
  // One of 0 .. n - 1, each as likely.
  ELBOW_FN static int64_t choice(float u, int64_t n) { return int64_t(double(u) * double(n)); }

  template <class Numbers> ELBOW_FN MaskKind drawn_kind(const Numbers& u) const {
    double rest = double(u(kind_at));
    for (int i = 0; i + 1 < kinds; ++i)
      if ((rest -= share[i]) < 0) return kind[i];
    return kind[kinds - 1];
  }

  // Its height is uniform, then its width among those that keep the area within its limits, then its place.
  template <class Numbers, class Widths>
  ELBOW_FN PixelHole rectangle(const Numbers& u, const Widths& widths) const {
    const int64_t high = lowest + choice(u(shape_at), height - lowest + 1);
    const auto narrowest = int64_t(widths[2 * (high - 1)]), widest = int64_t(widths[2 * (high - 1) + 1]);
    const int64_t wide = narrowest + choice(u(shape_at + 1), widest - narrowest + 1);
    const int64_t top = choice(u(shape_at + 2), height - high + 1),
                  left = choice(u(shape_at + 3), width - wide + 1);
    return {false, top, left, top + high, left + wide};
  }
};

}  // namespace elbow
