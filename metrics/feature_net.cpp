#include "metrics/feature_net.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "autograd/alias.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/hash.hpp"
#include "base/streams.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace {

constexpr int64_t channels1 = 16, channels2 = 32, hidden = 120;
constexpr int64_t largest = 1 << 16;  // so that products of sizes from a file cannot overflow
constexpr int64_t net_rows = 256;     // rows that go through the net at a time in evaluation
constexpr auto kind = "elbow feature net 1";

const FeatureNetShape& checked(const FeatureNetShape& s) {
  for (const int64_t size : {s.channels, s.classes, s.height, s.width})
    if (size < 1 || size > largest) fail("feature_net", "a size cannot be ", size);
  constexpr int64_t least =
      FeatureNet::smallest;  // smaller images leave no pixel after convolutions and poolings
  if (std::min(s.height, s.width) < least)
    fail("feature_net", "images of ", s.height, " x ", s.width, " pixels are too small: at least ", least,
         " x ", least);
  return s;
}

/// Pixels along an axis after both convolutions and poolings.
int64_t left_of(int64_t pixels) { return (pixels / 2 - 4) / 2; }

/// Calls f(first, rows) for blocks of the rows of x, without gradients.
template <class F> void for_blocks(FeatureNet& net, const Tensor& x, F f) {
  if (x.rank() != 2 || x.size(1) != net.columns())
    fail("feature_net", "expects rows of ", net.columns(), " columns, not ", x.shape());
  const NoGrad no_grad;
  for (int64_t first = 0; first < x.size(0); first += net_rows)
    f(first, alias(x, {std::min(net_rows, x.size(0) - first), x.size(1)}, first * x.size(1)));
}

int64_t number_in(const std::map<std::string, std::string>& metadata, const char* key) {
  const auto found = metadata.find(key);
  int64_t value = 0;
  if (found == metadata.end()) fail("feature_net", "its metadata lack ", key);
  const char* end = found->second.data() + found->second.size();
  const auto read = std::from_chars(found->second.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) fail("feature_net", "its ", key, " is no whole number");
  return value;
}

}  // namespace

FeatureNet::FeatureNet(const FeatureNetShape& shape, uint64_t seed)
    : FeatureNet(checked(shape), RandomStream(seed, stream::initialisation)) {}

FeatureNet::FeatureNet(const FeatureNetShape& shape, RandomStream stream)
    : shape(shape),
      conv1_(shape.channels, channels1, {.kernel = 5, .padding = 2}, torch_default, torch_default, stream),
      conv2_(channels1, channels2, {.kernel = 5}, torch_default, torch_default, stream),
      hidden1_(channels2 * left_of(shape.height) * left_of(shape.width), hidden, torch_default, torch_default,
               stream),
      hidden2_(hidden, features_width, torch_default, torch_default, stream),
      head_(features_width, shape.classes, torch_default, torch_default, stream) {
  submodule("conv1", conv1_);
  submodule("conv2", conv2_);
  submodule("hidden1", hidden1_);
  submodule("hidden2", hidden2_);
  submodule("head", head_);
}

Tensor FeatureNet::features(const Tensor& x) {
  if (x.rank() != 2 || x.size(1) != columns())
    fail("feature_net", "expects rows of ", columns(), " columns, not ", x.shape());
  const Tensor images = reshape(x, {x.size(0), shape.channels, shape.height, shape.width});
  const Tensor edges = pool_(relu(conv1_(images)));  // [rows, 16, height / 2, width / 2]
  const Tensor parts = pool_(relu(conv2_(edges)));   // [rows, 32, ...]
  return relu(hidden2_(relu(hidden1_(flatten_(parts)))));
}

Tensor features_of(FeatureNet& net, const Tensor& x) {
  Tensor features = Tensor::empty({x.size(0), FeatureNet::features_width});
  for_blocks(net, x, [&](int64_t first, const Tensor& rows) {
    alias(features, {rows.size(0), features.size(1)}, first * features.size(1)).copy_(net.features(rows));
  });
  return features;
}

std::vector<int32_t> classes_of(FeatureNet& net, const Tensor& x) {
  std::vector<int32_t> classes;
  for_blocks(net, x, [&](int64_t, const Tensor& rows) {
    const Tensor logits = net.logits(net.features(rows));
    const float* row = logits.data<float>();
    const int64_t n = logits.size(1);
    for (int64_t r = 0; r < rows.size(0); ++r, row += n)
      classes.push_back(int32_t(std::max_element(row, row + n) - row));
  });
  return classes;
}

std::string weights_hash(const Module& module) {
  Hash hash;
  for (const auto& [name, tensor] : state_of(module)) {
    hash.add(str(name, " ", name_of(tensor.dtype()), tensor.shape(), "\n"));
    hash.add(
        {static_cast<const char*>(tensor.body()->data), size_t(tensor.numel()) * bytes_of(tensor.dtype())});
  }
  return hash.hex();
}

void save_feature_net(const std::filesystem::path& path, const FeatureNet& net,
                      std::map<std::string, std::string> metadata) {
  const FeatureNetShape& s = net.shape;
  metadata["kind"] = kind;
  metadata["channels"] = str(s.channels);
  metadata["height"] = str(s.height);
  metadata["width"] = str(s.width);
  metadata["classes"] = str(s.classes);
  metadata["weights_hash"] = weights_hash(net);
  save_safetensors(path, {state_of(net), metadata});
}

FeatureNetFile load_feature_net(const std::filesystem::path& path) {
  const SafeTensors file = load_safetensors(path);
  const auto& notes = file.metadata;
  const auto found = notes.find("kind");
  if (found == notes.end() || found->second != kind)
    throw Error(path.string() + ": is no feature net: `elbow features train` makes one");
  try {
    const FeatureNetShape shape{number_in(notes, "channels"), number_in(notes, "height"),
                                number_in(notes, "width"), number_in(notes, "classes")};
    // The file's own tensor says how large the net is, before memory of the size in the metadata is allocated.
    const auto first = file.tensors.find("hidden1.weight");
    if (first == file.tensors.end() || first->second.rank() != 2 ||
        first->second.size(1) != channels2 * left_of(checked(shape).height) * left_of(shape.width))
      fail("feature_net", "its weights do not fit its sizes");
    auto net = std::make_unique<FeatureNet>(shape, 0);
    set_state(*net, file.tensors);
    const auto hash = notes.find("weights_hash");
    if (hash == notes.end() || hash->second != weights_hash(*net))
      fail("feature_net", "its weights are not those of its weights_hash: the file was changed");
    return {std::move(net), notes};
  } catch (const Error& e) { throw Error(path.string() + ": " + e.what()); }
}

}  // namespace elbow
