#include "metrics/image_features.hpp"

#include <utility>

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

std::string text_of(const FeatureNetShape& s) {
  return str(s.channels, " x ", s.height, " x ", s.width, " pixels in ", s.classes, " classes");
}

}  // namespace

std::unique_ptr<ImageFeatures> image_features_of(FeatureNetFile file) {
  return std::make_unique<FeatureNetFeatures>(std::move(file));
}

std::unique_ptr<ImageFeatures> open_image_features(const std::filesystem::path& path,
                                                   const FeatureNetShape& images) {
  FeatureNetFile file = load_feature_net(path);
  if (!(file.net->shape == images))
    throw Error(
        str(path.string(), ": is a net for images of ", text_of(file.net->shape), ", not ", text_of(images)));
  return image_features_of(std::move(file));
}

}  // namespace elbow
