#pragma once
#include <filesystem>
#include <functional>
#include <string>

namespace elbow {

/// The files of a set of images: to train and to test. Labels are empty where there are none.
struct IdxFiles {
  std::filesystem::path train_images, train_labels, test_images, test_labels;
};

/// Finds the IDX files of a folder by the names that MNIST and its relatives have: PREFIXtrain-images-idx3-ubyte,
/// PREFIXt10k-images-idx3-ubyte or PREFIXtest-..., and -labels-idx1-ubyte (QMNIST: -labels-idx2-int); with '.' for the '-'
/// before idx, plain or with .gz, under any prefix.
///
/// What `named` holds is taken as it is, relative to `folder`. The rest is found by a name: the training images in the folder
/// (of several sets the one without a prefix), the test images beside them under the same prefix, labels beside their images.
/// `find` tells where a file or folder of that name lies (KnownData::find).
///
/// Error, naming the folder: it is not there (says where to get one), it holds several sets (lists them and the setting that
/// chooses), images are missing, or the labels of one half alone, or labels are there but packed in another way (names files
/// that come near). Error, naming the file, for a named one that is not there.
IdxFiles find_idx_files(const std::filesystem::path& folder, const IdxFiles& named,
                        const std::function<std::filesystem::path(const std::string&)>& find);

}  // namespace elbow
