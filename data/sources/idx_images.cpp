#include "data/idx.hpp"

#include <algorithm>

#include "autograd/random.hpp"
#include "base/streams.hpp"
#include "data/sources.hpp"

namespace elbow {
namespace {

namespace fs = std::filesystem;

constexpr int64_t most_classes = 256;

// The labels of an IDX file are numbers; their names are known for one folder.
std::vector<std::string> names_for(const std::string& folder, int64_t classes) {
  if (classes != 10 || (!folder.ends_with("fashion-mnist") && !folder.ends_with("fashion-mnist/"))) return {};
  return {"T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
}

IdxFiles files_of(const Config& data, const std::string& folder, const KnownData& known) {
  const auto named = [&](const char* key) { return data.get_if_given<std::string>(key).value_or(""); };
  return find_idx_files(
      folder, {named("train_images"), named("train_labels"), named("test_images"), named("test_labels")},
      known.find);
}

// One half, as its files hold it.
struct Half {
  fs::path images_file, labels_file;  // the latter is empty where there are no labels
  IdxImages images;
  std::vector<int32_t> labels;
};

Half read_half(const Config& data, const fs::path& images_file, const fs::path& labels_file) {
  Half half{images_file, labels_file, read_idx_images(images_file), {}};
  if (half.images.count == 0) data.fail("path", str("there are no images in ", images_file.string()));
  if (labels_file.empty()) return half;
  half.labels = read_idx_labels(labels_file);
  if (int64_t(half.labels.size()) != half.images.count)
    throw Error(str(labels_file.string(), ": has ", half.labels.size(), " labels for the ", half.images.count,
                    " images in ", images_file.string()));
  return half;
}

// The classes are the labels first, first + 1, ..., first + count - 1.
struct Classes {
  int32_t first;
  int64_t count;
};

// The number of classes is the given one. By default it is 10, or more if the labels need more. If labels are too
// large, the smallest one becomes class 0, unless it is 0 already: EMNIST's letters are 1 to 26.
Classes label_classes(const std::optional<int64_t>& given, const Half& train, const Half& test) {
  int32_t low = train.labels.front(), high = low;
  for (const Half* half : {&train, &test})
    for (const int32_t label : half->labels) low = std::min(low, label), high = std::max(high, label);
  const int64_t usual = given.value_or(10), needed = int64_t(high) - low + 1;
  if (high < usual) return {0, usual};
  if (low > 0 && needed <= given.value_or(most_classes)) return {low, given.value_or(needed)};
  if (!given && high < most_classes) return {0, int64_t(high) + 1};
  const int64_t allowed = given.value_or(most_classes);
  const auto bad = [&](int32_t label) { return label >= allowed; };
  const bool in_train = std::any_of(train.labels.begin(), train.labels.end(), bad);
  const Half& half = in_train ? train : test;
  const auto first = std::find_if(half.labels.begin(), half.labels.end(), bad);
  throw Error(str(half.labels_file.string(), ": label ", *first, " of row ", first - half.labels.begin(),
                  " is not one of 0..", allowed - 1));
}

// The rows of one half: all of them, or the first n if the setting says n.
Dataset set_of(const Config& data, const std::string& rows_setting, Half half, const Classes& classes,
               const std::vector<std::string>& names) {
  IdxImages& images = half.images;
  const auto wanted = data.get_optional<int64_t>(rows_setting, at_least(1));
  if (wanted.value_or(0) > images.count)
    data.fail(rows_setting, str("there are only ", images.count, " images in ", half.images_file.string()));
  const int64_t rows = wanted.value_or(images.count);
  images.pixels.resize(size_t(rows * images.height * images.width));
  Dataset set;
  set.image = ImageSize{images.height, images.width};
  set.x = Rows(std::move(images.pixels), images.height * images.width);
  if (half.labels_file.empty()) return set;
  std::vector<float> labels;
  for (int64_t r = 0; r < rows; ++r) labels.push_back(float(half.labels[size_t(r)] - classes.first));
  set.attributes = {categorical_attribute("class", classes.count, std::move(labels), names)};
  return set;
}

// Draws each image in one of three channels, chosen by `key`.
void colour(Dataset& set, const RandomKey& key) {
  const Tensor numbers = uniform(key, {set.rows()}, 0, 3);
  std::vector<uint8_t> plane;
  for (int64_t r = 0; r < set.rows(); ++r) plane.push_back(uint8_t(numbers.data<float>()[r]));
  std::erase_if(set.attributes,
                [](const Attribute& a) { return a.feature.name == "colour"; });  // of the epoch before
  set.attributes.push_back(
      categorical_attribute("colour", 3, {plane.begin(), plane.end()}, {"red", "green", "blue"}));
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

/// Images in the IDX files of a folder, as MNIST and Fashion-MNIST are kept, with labels where there are any. Options:
/// path (default: where Debian's dataset-fashion-mnist puts them); train_images, train_labels, test_images,
/// test_labels, names of files relative to it (default: found, see find_idx_files); classes (default 10, or more if the
/// labels need more); class_names (default: those of Fashion-MNIST in a folder of that name, else none); train_rows and
/// test_rows (default null: all of them, else the first n); coloured (default false: each image in one of three
/// channels), binarised (default false: each pixel is 1 with its grey value as the probability, else 0). Both are drawn
/// from the seed, for training images again in each epoch.
DataSplit idx_images(const Config& data, uint64_t seed, const KnownData& known) {
  // Settings that depend on the labels are read here as well: the order is that of the resolved settings.
  const auto given = data.get_optional<int64_t>("classes", between(1, double(most_classes)));
  data.get_optional<int64_t>("train_rows", at_least(1));
  const auto folder = data.get<std::string>("path", "/usr/share/datasets/fashion-mnist");
  auto names = data.get("class_names", std::vector<std::string>());
  const IdxFiles files = files_of(data, folder, known);
  Half train = read_half(data, files.train_images, files.train_labels),
       test = read_half(data, files.test_images, files.test_labels);

  DataSplit split;
  Classes classes{0, 0};
  if (train.labels.empty()) {
    if (given || !names.empty())
      data.fail(given ? "classes" : "class_names", "there are no labels in " + folder);
  } else {
    classes = label_classes(given, train, test);
    data.get<int64_t>("classes", classes.count);
    names = data.get<std::vector<std::string>>("class_names", names_for(folder, classes.count));
    if (!names.empty() && int64_t(names.size()) != classes.count)
      data.fail("class_names", str(names.size(), " names do not fit ", classes.count, " classes"));
    if (classes.first > 0)
      split.warnings.push_back(str("the labels in ", folder, " start from ", classes.first, ": label ",
                                   classes.first, " is class 0, label ", classes.first + classes.count - 1,
                                   " class ", classes.count - 1));
  }
  for (const Half* half : {&train, &test}) {
    split.inputs.push_back(half->images_file);
    if (!half->labels_file.empty()) split.inputs.push_back(half->labels_file);
  }
  split.train = set_of(data, "train_rows", std::move(train), classes, names);
  split.test = set_of(data, "test_rows", std::move(test), classes, names);
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
