#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace elbow {

/// Images of an IDX file (magic 0x00000803): count x height x width pixels, one byte each, row by row.
struct IdxImages {
  int64_t count = 0, height = 0, width = 0;
  std::vector<uint8_t> pixels;
};

/// Reads images, plain or gzipped (recognised by the first two bytes). One-line Error that names the file: it is missing, its
/// gzip is damaged, its magic number is another, its images have no pixels or more than 32767 to a side, it is cut
/// short, or bytes follow the last image.
IdxImages read_idx_images(const std::filesystem::path& path);

/// Reads labels: one byte each (magic 0x00000801), or the first of the whole numbers that each row has (magic 0x00000C02, as
/// QMNIST keeps them). Errors as for images, and for a label below 0.
std::vector<int32_t> read_idx_labels(const std::filesystem::path& path);

/// The files of a set of images: to train and to test. Labels are empty where there are none.
struct IdxFiles {
  std::filesystem::path train_images, train_labels, test_images, test_labels;
};

/// Finds the IDX files of a folder by the names that MNIST and its relatives have: PREFIXtrain-images-idx3-ubyte,
/// PREFIXt10k-images-idx3-ubyte or PREFIXtest-..., and -labels-idx1-ubyte (QMNIST: -labels-idx2-int); with '.' for the '-'
/// before idx, plain or with .gz, under any prefix.
///
/// What `named` holds is taken as it is, relative to `folder`. The rest is found by a name: the training images in the folder
/// (of several sets the one without a prefix), the test images in the same folder under the same prefix, labels next to their images.
/// `find` tells where a file or folder of that name lies (KnownData::find).
///
/// Error, naming the folder: it is not there (says where to get one), it holds several sets (lists them and the setting that
/// chooses), images are missing, or the labels of one half alone, or labels are there but packed in another way (names files
/// that come near). Error, naming the file, for a named one that is not there.
IdxFiles find_idx_files(const std::filesystem::path& folder, const IdxFiles& named,
                        const std::function<std::filesystem::path(const std::string&)>& find);

}  // namespace elbow
