#include "metrics/image_features.hpp"

#include <utility>

#include "autograd/alias.hpp"
#include "metrics/inception.hpp"

namespace elbow {
namespace {

class FeatureNetFeatures final : public ImageFeatures {
 public:
  explicit FeatureNetFeatures(FeatureNetFile file) : file_(std::move(file)) {}
  int64_t width() const override { return FeatureNet::features_width; }
  Tensor features(const Tensor& x) override { return features_of(*file_.net, x); }
  FeatureNet* classifier() override { return file_.net.get(); }
  FeatureFacts facts() const override {
    const auto note = [&](const char* key) {
      const auto found = file_.metadata.find(key);
      return found == file_.metadata.end() ? std::string() : found->second;
    };
    return {"feature net", weights_hash(*file_.net), note("accuracy"), note("version")};
  }

 private:
  FeatureNetFile file_;
};

class InceptionFeatures final : public ImageFeatures {
 public:
  InceptionFeatures(std::unique_ptr<Inception> net, const FeatureNetShape& images)
      : net_(std::move(net)), images_(images) {}
  int64_t width() const override { return Inception::features_width; }
  Tensor features(const Tensor& x) override {
    const auto& [channels, height, width, classes] = images_;
    if (x.rank() != 2 || x.size(1) != channels * height * width)
      fail("inception", "expects rows of ", channels * height * width, " columns, not ", x.shape());
    return features_of(*net_, alias(x, {x.size(0), channels, height, width}));
  }
  FeatureFacts facts() const override { return {"InceptionV3", weights_hash(*net_), "", ""}; }

 private:
  std::unique_ptr<Inception> net_;
  FeatureNetShape images_;
};

std::string text_of(const FeatureNetShape& s) {
  return str(s.channels, " x ", s.height, " x ", s.width, " pixels in ", s.classes, " classes");
}

}  // namespace

std::unique_ptr<ImageFeatures> image_features_of(FeatureNetFile file) {
  return std::make_unique<FeatureNetFeatures>(std::move(file));
}

std::unique_ptr<ImageFeatures> open_image_features(const std::filesystem::path& path,
                                                   const FeatureNetShape& images) {
  if (is_inception_file(path)) {
    if (images.channels != 1 && images.channels != 3)
      throw Error(str(path.string(), ": InceptionV3 sees images of 1 or 3 channels, not ", images.channels));
    return std::make_unique<InceptionFeatures>(load_inception(path), images);
  }
  FeatureNetFile file = load_feature_net(path);
  if (!(file.net->shape == images))
    throw Error(
        str(path.string(), ": is a net for images of ", text_of(file.net->shape), ", not ", text_of(images)));
  return image_features_of(std::move(file));
}

}  // namespace elbow
