#include "metrics/inception.hpp"

#include <algorithm>

#include "autograd/alias.hpp"
#include "autograd/operators.hpp"
#include "autograd/tape.hpp"
#include "base/streams.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace {

constexpr int64_t inception_rows = 16;  // rows that go through the net at a time: some 25 MB of memory each

/// A convolution without a bias, batch norm, relu.
class BasicConv : public Layer {
 public:
  BasicConv(int64_t in, int64_t out, Extent kernel, Extent stride, Extent padding)
      : BasicConv(in, out, {.kernel = kernel, .stride = stride, .padding = padding, .bias = false},
                  RandomStream(0, stream::initialisation)) {}
  Tensor forward(const Tensor& x) override { return relu(bn_(conv_(x))); }

 private:
  static constexpr Init zero{Init::Distribution::constant, 0};
  BasicConv(int64_t in, int64_t out, const ConvSettings& settings, RandomStream stream)
      : conv_(in, out, settings, zero, zero, stream), bn_(out, zero, stream, 0.1, 1e-3) {
    submodule("conv", conv_);
    submodule("bn", bn_);
  }
  Conv2d conv_;
  BatchNorm2d bn_;
};

/// A convolution of a Mixed block. With stride 1 the image keeps its size; with stride 2 there is no padding.
struct Conv {
  const char* name;
  int64_t out;
  Extent kernel = 1;
  int64_t stride = 1;
};

/// A block of the net: branches that all read the input, their outputs one behind the other in the channels.
class Mixed : public Layer {
 public:
  explicit Mixed(int64_t in) : in_(in) {}
  /// A branch: convolutions one behind the other; then, where `fork` names any, these side by side.
  Mixed& branch(const std::vector<Conv>& chain, const std::vector<Conv>& fork = {}) {
    return branch(nullptr, chain, fork);
  }
  /// The same behind a pooling.
  Mixed& branch(std::unique_ptr<Layer> pool, const std::vector<Conv>& chain,
                const std::vector<Conv>& fork = {}) {
    Branch& b = branches_.emplace_back();
    if (pool) b.chain.push_back(std::move(pool));
    int64_t width = in_;
    for (const Conv& c : chain) {
      b.chain.push_back(conv(width, c));
      width = c.out;
    }
    for (const Conv& c : fork) b.fork.push_back(conv(width, c));
    return *this;
  }
  Tensor forward(const Tensor& x) override {
    std::vector<Tensor> outputs;
    for (const Branch& b : branches_) {
      Tensor y = x;
      for (const auto& layer : b.chain) y = (*layer)(y);
      for (const auto& layer : b.fork) outputs.push_back((*layer)(y));
      if (b.fork.empty()) outputs.push_back(y);
    }
    return concat(outputs, 1);
  }

 private:
  struct Branch {
    std::vector<std::unique_ptr<Layer>> chain, fork;
  };
  std::unique_ptr<Layer> conv(int64_t in, const Conv& c) {
    const Extent padding =
        c.stride == 1 ? Extent((c.kernel.height - 1) / 2, (c.kernel.width - 1) / 2) : Extent(0);
    auto layer = std::make_unique<BasicConv>(in, c.out, c.kernel, c.stride, padding);
    submodule(c.name, *layer);
    return layer;
  }
  int64_t in_;
  std::vector<Branch> branches_;
};

std::unique_ptr<Layer> mean_pool() { return std::make_unique<AvgPool2d>(3, 1, 1); }
std::unique_ptr<Layer> max_pool() { return std::make_unique<MaxPool2d>(3, 2); }

// The five kinds of block, in torchvision's letters.

/// [in, 35, 35] -> [224 + pooled, 35, 35].
std::unique_ptr<Layer> inception_a(int64_t in, int64_t pooled) {
  auto block = std::make_unique<Mixed>(in);
  block->branch({{"branch1x1", 64}})
      .branch({{"branch5x5_1", 48}, {"branch5x5_2", 64, 5}})
      .branch({{"branch3x3dbl_1", 64}, {"branch3x3dbl_2", 96, 3}, {"branch3x3dbl_3", 96, 3}})
      .branch(mean_pool(), {{"branch_pool", pooled}});
  return block;
}

/// [288, 35, 35] -> [768, 17, 17].
std::unique_ptr<Layer> inception_b() {
  auto block = std::make_unique<Mixed>(288);
  block->branch({{"branch3x3", 384, 3, 2}})
      .branch({{"branch3x3dbl_1", 64}, {"branch3x3dbl_2", 96, 3}, {"branch3x3dbl_3", 96, 3, 2}})
      .branch(max_pool(), {});
  return block;
}

/// [768, 17, 17] -> [768, 17, 17]; a 7x7 kernel is a 1x7 and a 7x1, of `width` channels between.
std::unique_ptr<Layer> inception_c(int64_t width) {
  const Extent row{1, 7}, column{7, 1};
  auto block = std::make_unique<Mixed>(768);
  block->branch({{"branch1x1", 192}})
      .branch({{"branch7x7_1", width}, {"branch7x7_2", width, row}, {"branch7x7_3", 192, column}})
      .branch({{"branch7x7dbl_1", width},
               {"branch7x7dbl_2", width, column},
               {"branch7x7dbl_3", width, row},
               {"branch7x7dbl_4", width, column},
               {"branch7x7dbl_5", 192, row}})
      .branch(mean_pool(), {{"branch_pool", 192}});
  return block;
}

/// [768, 17, 17] -> [1280, 8, 8].
std::unique_ptr<Layer> inception_d() {
  auto block = std::make_unique<Mixed>(768);
  block->branch({{"branch3x3_1", 192}, {"branch3x3_2", 320, 3, 2}})
      .branch({{"branch7x7x3_1", 192},
               {"branch7x7x3_2", 192, {1, 7}},
               {"branch7x7x3_3", 192, {7, 1}},
               {"branch7x7x3_4", 192, 3, 2}})
      .branch(max_pool(), {});
  return block;
}

/// [in, 8, 8] -> [2048, 8, 8]; a 3x3 kernel is a 1x3 next to a 3x1.
std::unique_ptr<Layer> inception_e(int64_t in) {
  const Extent row{1, 3}, column{3, 1};
  auto block = std::make_unique<Mixed>(in);
  block->branch({{"branch1x1", 320}})
      .branch({{"branch3x3_1", 384}}, {{"branch3x3_2a", 384, row}, {"branch3x3_2b", 384, column}})
      .branch({{"branch3x3dbl_1", 448}, {"branch3x3dbl_2", 384, 3}},
              {{"branch3x3dbl_3a", 384, row}, {"branch3x3dbl_3b", 384, column}})
      .branch(mean_pool(), {{"branch_pool", 192}});
  return block;
}

std::unique_ptr<Layer> conv(int64_t in, int64_t out, Extent kernel, Extent stride = 1, Extent padding = 0) {
  return std::make_unique<BasicConv>(in, out, kernel, stride, padding);
}

}  // namespace

Inception::Inception() {                        // from 3 channels of 299 x 299 pixels
  add("Conv2d_1a_3x3", conv(3, 32, 3, 2));      // to [32, 149, 149]
  add("Conv2d_2a_3x3", conv(32, 32, 3));        // to [32, 147, 147]
  add("Conv2d_2b_3x3", conv(32, 64, 3, 1, 1));  // to [64, 147, 147]
  add(max_pool());                              // to [64, 73, 73]
  add("Conv2d_3b_1x1", conv(64, 80, 1));        // to [80, 73, 73]
  add("Conv2d_4a_3x3", conv(80, 192, 3));       // to [192, 71, 71]
  add(max_pool());                              // to [192, 35, 35]
  add("Mixed_5b", inception_a(192, 32));        // to [256, 35, 35]
  add("Mixed_5c", inception_a(256, 64));        // to [288, 35, 35]
  add("Mixed_5d", inception_a(288, 64));
  add("Mixed_6a", inception_b());  // to [768, 17, 17]
  add("Mixed_6b", inception_c(128));
  add("Mixed_6c", inception_c(160));
  add("Mixed_6d", inception_c(160));
  add("Mixed_6e", inception_c(192));
  add("Mixed_7a", inception_d());      // to [1280, 8, 8]
  add("Mixed_7b", inception_e(1280));  // to [2048, 8, 8]
  add("Mixed_7c", inception_e(2048));
  add(std::make_unique<AdaptiveAvgPool2d>(1));  // to [2048, 1, 1]
  add(std::make_unique<Flatten>());
  train(false);
}

void Inception::add(const std::string& name, std::unique_ptr<Layer> layer) {
  submodule(name, *layer);
  add(std::move(layer));
}

Tensor Inception::features(const Tensor& x) {
  Tensor y = x;
  for (const auto& layer : layers_) y = (*layer)(y);
  return y;
}

Tensor inception_input(const Tensor& images) {
  if (images.rank() != 4 || (images.size(1) != 1 && images.size(1) != 3))
    fail("inception", "expects images [rows, 1 or 3, height, width], not ", images.shape());
  const Tensor x = 2 * images - 1;
  const Tensor large = resize_bilinear(x, Inception::side);  // [rows, 1 or 3, 299, 299]
  return broadcast_to(large, {x.size(0), 3, Inception::side, Inception::side});
}

Tensor features_of(Inception& net, const Tensor& images) {
  const NoGrad no_grad;
  Tensor features = Tensor::empty({images.size(0), Inception::features_width});
  const int64_t image = images.size(0) > 0 ? images.numel() / images.size(0) : 0;
  for (int64_t first = 0; first < images.size(0); first += inception_rows) {
    Shape shape = images.shape();
    shape[0] = std::min(inception_rows, images.size(0) - first);
    const Tensor block = net.features(inception_input(alias(images, shape, first * image)));
    alias(features, block.shape(), first * Inception::features_width).copy_(block);
  }
  return features;
}

std::unique_ptr<Inception> load_inception(const std::filesystem::path& path) {
  const auto wanted = [](const std::string& name) {
    return !name.starts_with("AuxLogits.") && !name.starts_with("fc.") &&
           !name.ends_with(".num_batches_tracked");
  };
  const SafeTensors file = load_safetensors(path, wanted);
  auto net = std::make_unique<Inception>();
  try {
    set_state(*net, file.tensors);
  } catch (const Error& e) {
    throw Error(path.string() + ": no weights of torchvision's inception_v3: " + e.what());
  }
  return net;
}

bool is_inception_file(const std::filesystem::path& path) {
  bool found = false;
  load_safetensors(path, [&](const std::string& name) {
    found = found || name.starts_with("Conv2d_1a_3x3.") || name.starts_with("Mixed_5b.");
    return false;
  });
  return found;
}

}  // namespace elbow
