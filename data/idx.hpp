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

/// Reads labels (magic 0x00000801), one byte each. Errors as for images, and for a label that is not below
/// `classes`.
std::vector<int32_t> read_idx_labels(const std::filesystem::path& path, int32_t classes);

/// One half of an MNIST-like data set, and the two files that it was read from.
struct IdxPair {
  IdxImages images;
  std::vector<int32_t> labels;
  std::filesystem::path images_file, labels_file;
};

/// Reads `PREFIX-images-idx3-ubyte` and `PREFIX-labels-idx1-ubyte` of a folder, or their .gz; PREFIX is "train"
/// or "t10k". Error, besides those above: the folder or a file is missing (says what was looked for and where
/// to get it); the numbers of images and labels differ.
IdxPair read_idx_pair(const std::filesystem::path& folder, const std::string& prefix, int32_t classes);

}  // namespace elbow
