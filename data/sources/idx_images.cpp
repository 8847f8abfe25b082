#include "data/idx.hpp"

#include "autograd/random.hpp"
#include "data/sources.hpp"
#include "nn/streams.hpp"

namespace elbow {
namespace {

// The labels of an IDX file are numbers; what they stand for is known for one folder.
std::vector<std::string> names_for(const std::string& folder, int64_t classes) {
  if (classes != 10 || (!folder.ends_with("fashion-mnist") && !folder.ends_with("fashion-mnist/"))) return {};
  return {"T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
}

// One half; its two files are added to `inputs`.
Dataset half(const Config& data, const KnownData& known, const std::string& prefix,
             const std::string& rows_setting, std::vector<std::filesystem::path>& inputs) {
  const int64_t classes = data.get<int64_t>("classes", 10, between(1, 256));
  const auto wanted = data.get_optional<int64_t>(rows_setting, at_least(1));
  const std::string folder = data.get<std::string>("path", "/usr/share/datasets/fashion-mnist");
  const std::filesystem::path place = inputs.empty() ? known.find(folder) : inputs.front().parent_path();
  auto names = data.get<std::vector<std::string>>("class_names", names_for(folder, classes));
  if (!names.empty() && int64_t(names.size()) != classes)
    data.fail("class_names", str(names.size(), " names do not fit ", classes, " classes"));
  IdxPair pair = read_idx_pair(place, prefix, int32_t(classes));
  inputs.insert(inputs.end(), {pair.images_file, pair.labels_file});
  IdxImages& images = pair.images;
  if (images.count == 0) data.fail("path", str("there are no images in the ", prefix, " files of ", folder));
  if (wanted) {
    if (*wanted > images.count)
      data.fail(rows_setting, str("there are only ", images.count, " images in ", folder));
    images.pixels.resize(static_cast<size_t>(*wanted * images.height * images.width));
    pair.labels.resize(static_cast<size_t>(*wanted));
  }
  Dataset set;
  set.image = ImageSize{images.height, images.width};
  set.x = Rows(std::move(images.pixels), images.height * images.width);
  set.labels = Labels{std::move(pair.labels), int32_t(classes), std::move(names)};
  return set;
}

// Draws each image in one of three channels, chosen by `key`.
void colour(Dataset& set, const RandomKey& key) {
  const Tensor numbers = uniform(key, {set.rows()}, 0, 3);
  std::vector<uint8_t> plane;
  for (int64_t r = 0; r < set.rows(); ++r) plane.push_back(uint8_t(numbers.data<float>()[r]));
  set.colours = Labels{{plane.begin(), plane.end()}, 3, {"red", "green", "blue"}};
  set.x = set.x.in_planes(std::move(plane), 3);
  set.image->channels = 3;
}

// Draws each pixel as 0 or 1.
void binarise(Dataset& set, const RandomKey& key) {
  set.x = set.x.binarised(key);
  set.features = real_features(set.columns());
  for (Feature& f : set.features) f.kind = FeatureKind::binary;
}

}  // namespace

/// Labelled images in the IDX files of a folder, as MNIST and Fashion-MNIST are kept: the "train" pair to train
/// and the "t10k" pair to test. Options: path (default: where Debian's dataset-fashion-mnist puts them),
/// classes (default 10), class_names (default: those of
/// Fashion-MNIST in a folder of that name, else none), train_rows and test_rows (default null: all of them, else the first so many),
/// coloured (default false: each image in one of three channels), binarised (default false: each pixel is 1 with its
/// grey value as the probability, else 0). Both are drawn from the seed, for training images anew in each epoch.
DataSplit idx_images(const Config& data, uint64_t seed, const KnownData& known) {
  DataSplit split;
  split.train = half(data, known, "train", "train_rows", split.inputs);
  split.test = half(data, known, "t10k", "test_rows", split.inputs);
  const ImageSize &a = *split.train.image, &b = *split.test.image;
  if (a.height != b.height || a.width != b.width)
    data.fail("path", str("training images are ", a.height, " x ", a.width, ", test images ", b.height, " x ",
                          b.width));
  const bool coloured = data.get<bool>("coloured", false), binarised = data.get<bool>("binarised", false);
  const auto draw = [=](Dataset& set, uint32_t colours, uint32_t pixels, uint64_t step) {
    if (coloured) colour(set, {seed, colours, step});
    if (binarised) binarise(set, {seed, pixels, step});
  };
  draw(split.train, stream::train_data, stream::train_pixels, 0);
  draw(split.test, stream::test_data, stream::test_pixels, 0);
  if (coloured || binarised)
    split.redraw = [draw](Dataset& train, int64_t epoch) {
      draw(train, stream::train_data, stream::train_pixels, uint64_t(epoch));
    };
  return split;
}

}  // namespace elbow
