#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "nn/convolution.hpp"

namespace elbow {

/// InceptionV3 (Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision") up to the mean over the
/// pixels of its last block: the 2048 features, "pool3", by which the FID of Heusel et al. (2017) compares sets of images.
/// Layers and names are those of torchvision.models.inception_v3; its classifiers, "AuxLogits" and "fc", are left out. For
/// evaluation alone: batch norm uses its running statistics.
class Inception : public Module {
 public:
  static constexpr int64_t features_width = 2048, side = 299;

  /// All weights are 0 until set_state or load_inception gives them.
  Inception();
  /// x [rows, 3, height, width], pixels in -1..1, usually 299 x 299, at least 75 x 75: [rows, 2048].
  Tensor features(const Tensor& x);

 private:
  void add(std::unique_ptr<Layer> layer) { layers_.push_back(std::move(layer)); }
  void add(const std::string& name, std::unique_ptr<Layer> layer);
  std::vector<std::unique_ptr<Layer>> layers_;
};

/// Images [rows, 1 or 3, height, width] of pixels in 0..1 as the net expects them, [rows, 3, 299, 299]: grey is
/// repeated in the three channels; the image is stretched or shrunk to 299 x 299 (resize_bilinear: corners coincide,
/// nothing is smoothed before shrinking), and its pixels become 2 x - 1. So does the usual FID code for PyTorch; others
/// smooth, or keep the ratio of the sides, and their scores do not compare. Error for another number of channels.
Tensor inception_input(const Tensor& images);

/// The features of such images: [rows, 2048], a few rows at a time, without gradients.
Tensor features_of(Inception& net, const Tensor& images);

/// Reads weights as torchvision names them from a safetensors file; its classifiers and "num_batches_tracked" may be there
/// and are passed over. Error "PATH: what is wrong" if the file is damaged, or lacks a tensor, or one has another shape,
/// which it names.
std::unique_ptr<Inception> load_inception(const std::filesystem::path& path);

/// Whether a safetensors file is meant for load_inception: some of its tensors have the names of torchvision's layers. Error
/// "PATH: what is wrong" if the file is damaged.
bool is_inception_file(const std::filesystem::path& path);

}  // namespace elbow
