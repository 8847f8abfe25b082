#pragma once
#include <array>
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

/// The two files, of images and of labels, of one half of an MNIST-like data set: `PREFIX-images-idx3-ubyte` and
/// `PREFIX-labels-idx1-ubyte` in a folder, or their .gz; PREFIX is "train" or "t10k". Error if the folder or one of them is
/// missing: says what was looked for and where to get it.
std::array<std::filesystem::path, 2> idx_pair_files(const std::filesystem::path& folder,
                                                    const std::string& prefix);

struct IdxPair {
  IdxImages images;
  std::vector<int32_t> labels;
};

/// Reads idx_pair_files. Error, besides those above: the numbers of images and labels differ.
IdxPair read_idx_pair(const std::filesystem::path& folder, const std::string& prefix, int32_t classes);

}  // namespace elbow
