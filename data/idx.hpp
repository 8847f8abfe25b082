#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace elbow {

/// Images of an IDX file (magic 0x00000803): count x height x width pixels, one byte each, row by row.
struct IdxImages {
  int64_t count = 0, height = 0, width = 0;
  std::vector<uint8_t> pixels;
};

/// Reads images, plain or gzipped (told by the first two bytes). One-line Error that names the file: it is missing, its
/// gzip is damaged, its magic number is another, its images have no pixels or more than 32767 to a side, it is cut
/// short, or bytes follow the last image.
IdxImages read_idx_images(const std::filesystem::path& path);

/// Reads labels: one byte each (magic 0x00000801), or the first of the whole numbers that each row has (magic 0x00000C02, as
/// QMNIST keeps them). Errors as for images, and for a label below 0.
std::vector<int32_t> read_idx_labels(const std::filesystem::path& path);

}  // namespace elbow
