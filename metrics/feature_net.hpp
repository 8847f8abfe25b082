#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nn/convolution.hpp"

namespace elbow {

/// The images that a FeatureNet reads, and the number of classes that it distinguishes.
struct FeatureNetShape {
  int64_t channels = 1, height = 28, width = 28, classes = 10;
  bool operator==(const FeatureNetShape&) const = default;
};

/// A small convolutional classifier after LeNet-5 (LeCun et al. 1998), whose last hidden layer gives the features by which
/// sets of images are compared (frechet_distance, kernel_distance, precision_recall):
///
///   conv 5x5, padding 2 -> 16 channels, relu, max pool 2x2; conv 5x5 -> 32 channels, relu, max pool 2x2;
///   linear -> 120, relu; linear -> 84, relu: the features; linear -> classes: logits.
///
/// Images are rows [rows, channels * height * width] of pixels in 0..1, channel by channel. Figures from different nets
/// do not compare: report the net's weights_hash with each.
class FeatureNet : public Module {
 public:
  static constexpr int64_t features_width = 84;
  static constexpr int64_t smallest = 12;  ///< height and width of the smallest images that it can read

  /// The first weights are PyTorch's default distribution, a function of the seed. Error if an image is smaller than 12 x 12 or a
  /// size is not positive.
  FeatureNet(const FeatureNetShape& shape, uint64_t seed);

  /// x [rows, columns] -> [rows, 84]. Error if the columns are not those of the images.
  Tensor features(const Tensor& x);
  /// Features [rows, 84] -> [rows, classes], before softmax.
  Tensor logits(const Tensor& features) { return head_(features); }

  const FeatureNetShape shape;
  int64_t columns() const { return shape.channels * shape.height * shape.width; }

 private:
  FeatureNet(const FeatureNetShape& shape, RandomStream stream);
  Conv2d conv1_, conv2_;
  MaxPool2d pool_{2};
  Flatten flatten_;
  Linear hidden1_, hidden2_, head_;
};

/// The features of rows x [rows, columns], float32: [rows, 84], a few hundred rows at a time, without gradients.
Tensor features_of(FeatureNet& net, const Tensor& x);

/// The most probable class of each row; the first of equals.
std::vector<int32_t> classes_of(FeatureNet& net, const Tensor& x);

/// A fingerprint of all tensors of a module, their names, shapes and bits: FNV-1a in 64 bits as 16 hexadecimal digits. Good
/// against mistakes, not against malice.
std::string weights_hash(const Module& module);

/// Writes a net as safetensors in PyTorch's names and layout (conv1.weight, ...), atomically. To `metadata`, texts on how
/// it was made and how good it is, come its shape and its weights_hash.
void save_feature_net(const std::filesystem::path& path, const FeatureNet& net,
                      std::map<std::string, std::string> metadata);

/// A net from a file, with all that was noted about it.
struct FeatureNetFile {
  std::unique_ptr<FeatureNet> net;
  std::map<std::string, std::string> metadata;
};

/// Reads such a file. Error "PATH: what is wrong" if it is damaged or no feature net, or its weights are not those of its
/// weights_hash.
FeatureNetFile load_feature_net(const std::filesystem::path& path);

}  // namespace elbow
