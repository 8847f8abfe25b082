#include "cvae/models/pyramid.hpp"

#include <algorithm>

namespace elbow {

int64_t encoded(int64_t size, size_t layers) {
  const int64_t kernel = encoding.kernel.height, stride = encoding.stride.height;
  for (size_t i = 0; i < layers; ++i) {
    if (size < kernel) return -1;
    size = (size - kernel) / stride + 1;
  }
  return size;
}

int64_t decoded(size_t layers) {
  int64_t size = 1;
  for (size_t i = 1; i <= layers; ++i) {
    const ConvSettings& s = i < layers ? decoding : last_decoding;
    size = (size - 1) * s.stride.height - 2 * s.padding.height + s.kernel.height;
  }
  return size;
}

void check_pyramid(const Config& config, const ImageSize& image, const std::vector<int64_t>& encoder,
                   const std::vector<int64_t>& decoder) {
  const int64_t height = image.height, width = image.width;
  if (encoder.empty()) config.fail("encoder", "needs at least one width");
  if (encoded(std::min(height, width), encoder.size()) < 1)
    config.fail("encoder", str("images of ", height, " x ", width, " pixels are too small for ", encoder.size(),
                               " convolutions of 4x4, stride 2"));
  if (decoder.empty()) config.fail("decoder", "needs at least one width");
  const int64_t made = decoded(decoder.size());
  if (made != height || made != width)
    config.fail("decoder", str(decoder.size(), " widths make images of ", made, " x ", made, " pixels, not ",
                               height, " x ", width));
}

}  // namespace elbow
