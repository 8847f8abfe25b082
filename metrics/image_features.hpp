#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "metrics/feature_net.hpp"

namespace elbow {

/// Reported with every score, because scores under different features do not compare.
struct FeatureFacts {
  std::string name;          ///< which features they are: "feature net", "InceptionV3"
  std::string weights_hash;  ///< weights_hash() of the network
  std::string accuracy;      ///< on its own test images, as the file says; empty where it does not
  std::string version;       ///< of the program that trained it; empty where the file does not say
};

/// The features of images by which sets of images are compared (image_scores). An implementation wraps a network with
/// fixed weights; features(x) records no gradients.
class ImageFeatures {
 public:
  virtual ~ImageFeatures() = default;
  /// How many features an image has.
  virtual int64_t width() const = 0;
  /// Rows of pixels x [rows, channels * height * width] in 0..1, float32: [rows, width()]. Error for other columns.
  virtual Tensor features(const Tensor& x) = 0;
  /// The network where it also names the classes of these very images, else null.
  virtual FeatureNet* classifier() { return nullptr; }
  virtual FeatureFacts facts() const = 0;
};

/// The features of a net that was trained on labelled images (metrics/feature_net.hpp).
std::unique_ptr<ImageFeatures> image_features_of(FeatureNetFile file);

/// Opens the file of a network that gives features of such images: a feature net, by the file's own notes, or InceptionV3, by
/// the names of its tensors (metrics/inception.hpp). Error "PATH: what is wrong" if it is damaged, of no known kind, or made
/// for images of another size or other classes, or with other channels.
std::unique_ptr<ImageFeatures> open_image_features(const std::filesystem::path& path,
                                                   const FeatureNetShape& images);

}  // namespace elbow
