// Random graphs of random ops: the gradient by the tape against differences of the whole computation. Ops come from the
// registry, so that a new one is among them. ELBOW_RANDOM_GRAPHS=N tries N graphs, from seed ELBOW_RANDOM_SEED on.
// random_graphs_pytorch.sh has graphs written to a folder, and compares them with PyTorch.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "autograd/autograd.hpp"
#include "autograd/registry.hpp"
#include "nn/safetensors.hpp"
#include "op_samples.hpp"

using namespace elbow;

namespace {

constexpr int64_t most_elements = 200;  // of a node; large samples are for the tests of the ops

// How a node becomes the input of an op: its elements, repeated or cut to the input's shape, are led smoothly into the
// interval for which the op is made. The shift, other for each element, keeps equal elements apart, and zeros from kinks.
struct Feed {
  size_t node = 0;
  double scale = 1;
  InputSpec spec;
  Tensor shift;
  Tensor constant;  // instead, for an input without a derivative

  Tensor operator()(const std::vector<Tensor>& nodes) const {
    if (constant) return constant;
    Tensor x = reshape(nodes[node], {nodes[node].numel()});
    const int64_t n = spec.shape.numel();
    if (x.numel() < n) x = concat(std::vector<Tensor>(size_t((n + x.numel() - 1) / x.numel()), x), 0);
    if (x.numel() > n) x = x(Range(x.numel() - n));
    return (spec.hi - spec.lo) * sigmoid(scale * reshape(x, spec.shape) + shift) + spec.lo;
  }
};

struct Step {
  std::string name, note;
  AnyOp call;
  std::vector<Feed> feeds;
};

// A computation: some leaves, then one node for each step, then one number made of all nodes that no other one reads.
class RandomGraph {
 public:
  RandomGraph(uint64_t seed, const std::vector<OpInfo>& ops) : random_(seed), seed_(seed) {
    for (int64_t i = 0, n = between(1, 3); i < n; ++i)
      leaves.push_back(normal(key(), leaf_shape(), 0, 1, DType::float64));
    std::vector<Tensor> nodes = leaves;
    const size_t wanted = size_t(between(3, 10));
    while (steps.size() < wanted) add_step(ops[size_t(between(0, int64_t(ops.size()) - 1))], nodes);
    std::vector<bool> read(nodes.size());
    for (const Step& step : steps)
      for (const Feed& feed : step.feeds) read[feed.node] = read[feed.node] || !feed.constant;
    for (size_t i = 0; i < nodes.size(); ++i) {
      const double largest = max(abs(nodes[i].detach())).item();
      weights_.push_back(read[i] ? Tensor()
                                 : uniform(key(), nodes[i].shape(), 0.5, 1.5, DType::float64) / (1 + largest));
    }
  }

  Tensor operator()(const std::vector<Tensor>& at) const {
    std::vector<Tensor> nodes = at;
    for (const Step& step : steps) nodes.push_back(output(step, nodes));
    Tensor total = Tensor::zeros({}, DType::float64);
    for (size_t i = 0; i < nodes.size(); ++i)
      if (weights_[i]) total = total + sum(nodes[i] * weights_[i]);
    return total;
  }

  std::string text() const {
    std::string text = str("ELBOW_RANDOM_GRAPHS=1 ELBOW_RANDOM_SEED=", seed_, ':');
    size_t node = 0;
    for (const Tensor& leaf : leaves) text += str(" #", node++, '=', leaf.shape());
    for (const Step& step : steps) {
      text += str(" #", node++, '=', step.name, '(');
      for (const Feed& feed : step.feeds)
        text += (feed.constant ? str("constant") : str('#', feed.node)) + str(feed.spec.shape, ' ');
      text.back() = ')';
    }
    return text;
  }

  // The graph as random_graphs_pytorch.py reads it; its numbers go to `tensors`.
  nlohmann::json described(std::map<std::string, Tensor>& tensors) const {
    const auto name = [this](const auto&... rest) { return str(seed_, '.', rest...); };
    for (size_t i = 0; i < leaves.size(); ++i) tensors[name("leaf.", i)] = leaves[i];
    for (size_t i = 0; i < weights_.size(); ++i)
      if (weights_[i]) tensors[name("weight.", i)] = weights_[i];
    auto written = nlohmann::json::array();
    for (size_t i = 0; i < steps.size(); ++i) {
      auto feeds = nlohmann::json::array();
      for (const Feed& feed : steps[i].feeds) {
        tensors[name("input.", i, '.', feeds.size())] = feed.constant ? feed.constant : feed.shift;
        feeds.push_back({{"is_constant", bool(feed.constant)},
                         {"node", feed.node},
                         {"scale", feed.scale},
                         {"lo", feed.spec.lo},
                         {"hi", feed.spec.hi}});
      }
      written.push_back({{"op", steps[i].name}, {"note", steps[i].note}, {"feeds", feeds}});
    }
    return {{"seed", seed_}, {"text", text()}, {"leaves", leaves.size()}, {"steps", written}};
  }

  std::vector<Tensor> leaves;
  std::vector<Step> steps;

 private:
  int64_t between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  RandomKey key() { return {seed_, 0, draws_++}; }

  Shape leaf_shape() {
    Shape shape;
    for (int64_t i = 0, rank = between(0, 3); i < rank; ++i) shape.push_back(between(1, 4));
    return shape;
  }

  static Tensor output(const Step& step, const std::vector<Tensor>& nodes) {
    std::vector<Tensor> inputs;
    for (const Feed& feed : step.feeds) inputs.push_back(feed(nodes));
    return step.call(inputs);
  }

  // Element-wise ops are also tried at shapes of the graph's own, of which all but the first input may lack axes.
  std::vector<InputSpec> specs_for(const OpInfo& op, const OpSample& sample, const std::vector<Tensor>& nodes) {
    std::vector<InputSpec> specs = sample.inputs;
    if (op.arity < 1 || between(0, 1) == 0) return specs;
    const Shape whole = nodes[size_t(between(0, int64_t(nodes.size()) - 1))].shape();
    const bool classes = std::ranges::any_of(specs, &InputSpec::is_one_hot);
    if (classes && whole.rank() == 0) return specs;  // a class is a place on the last axis
    for (InputSpec& spec : specs) {
      spec.shape = whole;
      for (int axis = 0; axis < whole.rank() && &spec != &specs[0]; ++axis)
        if (between(0, 3) == 0) spec.shape[axis] = 1;
    }
    return specs;
  }

  Feed feed_for(const InputSpec& spec, const Tensor& drawn, const std::vector<Tensor>& nodes) {
    if (spec.is_constant || spec.is_one_hot || spec.is_positive_definite) return {0, 1, spec, {}, drawn};
    const size_t node = size_t(between(0, int64_t(nodes.size()) - 1));
    const double largest = max(abs(nodes[node])).item();
    return {node, 1 / std::max(largest, 0.1), spec, uniform(key(), spec.shape, -1, 1, DType::float64), {}};
  }

  // Nothing is added where a sample is large, empty, of another dtype or has a result beyond all bounds.
  void add_step(const OpInfo& op, std::vector<Tensor>& nodes) {
    const OpSample& sample = op.samples[size_t(between(0, int64_t(op.samples.size()) - 1))];
    const std::vector<InputSpec> specs = specs_for(op, sample, nodes);
    for (const InputSpec& spec : specs)
      if (spec.shape.numel() == 0 || spec.shape.numel() > most_elements) return;
    const std::vector<Tensor> drawn = draw_inputs(specs, op.kinks, seed_ + draws_++);
    Step step{op.name, sample.note, sample.call, {}};
    for (size_t i = 0; i < specs.size(); ++i) step.feeds.push_back(feed_for(specs[i], drawn[i], nodes));
    const Tensor y = output(step, nodes);
    if (y.dtype() != DType::float64 || y.numel() == 0 || y.numel() > 4 * most_elements) return;
    if (!(max(abs(y)).item() < 1e6)) return;
    nodes.push_back(y);
    steps.push_back(std::move(step));
  }

  std::mt19937_64 random_;
  uint64_t seed_, draws_ = 0;
  std::vector<Tensor> weights_;  // of each node; undefined where another node reads it
};

double dot(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }
double norm(const Tensor& a) { return std::sqrt(dot(a, a)); }

// What differences say of the graph as one leaf moves along a direction, from the values at 0, +-h/2 and +-h.
struct Differences {
  double derivative;  // central, extrapolated to h = 0
  double roughness;   // ~h^2 where the graph is smooth, the change of slope at a kink within h
};

Differences differences(const RandomGraph& graph, size_t leaf, const Tensor& direction) {
  constexpr double h = 1e-4;
  const auto at = [&](double step) {
    std::vector<Tensor> moved = graph.leaves;
    moved[leaf] = moved[leaf] + step * direction;
    return graph(moved).item();
  };
  const double here = at(0);
  const auto backward = [&](double step) { return (here - at(-step)) / step; };
  const auto forward = [&](double step) { return (at(step) - here) / step; };
  const double left = backward(h), right = forward(h), near_left = backward(h / 2), near_right = forward(h / 2);
  const double coarse = (left + right) / 2, fine = (near_left + near_right) / 2;
  // The second differences halve with h where the graph is smooth; at a kink here they stay.
  const double bend = (right - left) - 2 * (near_right - near_left);
  return {fine + (fine - coarse) / 3, std::max(std::abs(coarse - fine), std::abs(bend))};
}

std::vector<Tensor> tape_gradients(const RandomGraph& graph) {
  Tape tape;
  std::vector<Tensor> leaves, gradients;
  for (const Tensor& leaf : graph.leaves) leaves.push_back(leaf.clone().set_requires_grad());
  tape.backward(graph(leaves));
  for (const Tensor& leaf : leaves)
    gradients.push_back(leaf.grad() ? leaf.grad() : Tensor::zeros(leaf.shape(), DType::float64));
  return gradients;
}

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

BOOST_AUTO_TEST_CASE(gradients_of_random_graphs) {
  std::vector<OpInfo> ops = all_ops();
  std::erase_if(ops, [](const OpInfo& op) { return !op.has_derivative; });
  const uint64_t graphs = number_from("ELBOW_RANDOM_GRAPHS", 2000), first = number_from("ELBOW_RANDOM_SEED", 1);
  std::map<std::string, int> used;
  int checked = 0, kinks = 0;
  for (uint64_t seed = first; seed < first + graphs; ++seed) {
    const RandomGraph graph(seed, ops);
    for (const Step& step : graph.steps) ++used[step.name];
    const std::vector<Tensor> gradients = tape_gradients(graph);
    for (size_t leaf = 0; leaf < graph.leaves.size(); ++leaf) {
      const Tensor direction = normal({seed, 1, leaf}, graph.leaves[leaf].shape(), 0, 1, DType::float64);
      const auto [want, roughness] = differences(graph, leaf, direction);
      const double got = dot(gradients[leaf], direction);
      const double scale = norm(gradients[leaf]) * norm(direction) + 1e-3;
      ++checked;
      const double off = std::abs(got - want) / scale;
      const bool at_kink = off > 1e-6 && roughness > 2e-7 * scale;  // differences cannot tell there
      kinks += at_kink;
      BOOST_TEST((off <= 1e-6 || at_kink), graph.text() << ": along leaf " << leaf << " the tape has " << got
                                                        << ", differences " << want);
    }
  }
  BOOST_TEST_MESSAGE(graphs << " graphs from seed " << first << ", " << checked << " derivatives, " << kinks
                            << " at kinks");
  BOOST_TEST(kinks <= 1 + checked / 500);
  if (graphs < 300) return;
  for (const OpInfo& op : ops) BOOST_TEST(used[op.name] > 0, op.name << " was in no graph");
}

// Only of the ops that ELBOW_GRAPHS_OPS names, those that can be spelled in PyTorch.
BOOST_AUTO_TEST_CASE(graphs_for_pytorch) {
  const char *folder = std::getenv("ELBOW_GRAPHS_TO"), *names = std::getenv("ELBOW_GRAPHS_OPS");
  if (!folder || !names) return;
  std::istringstream words(names);
  const std::set<std::string> wanted{std::istream_iterator<std::string>(words), {}};
  std::vector<OpInfo> ops = all_ops();
  nlohmann::json graphs = {{"ops", ops.size()}, {"graphs", nlohmann::json::array()}};
  std::erase_if(ops, [&](const OpInfo& op) { return !wanted.contains(op.name); });
  SafeTensors file;
  const uint64_t first = number_from("ELBOW_RANDOM_SEED", 1),
                 end = first + number_from("ELBOW_RANDOM_GRAPHS", 500);
  for (uint64_t seed = first; seed < end; ++seed) {
    const RandomGraph graph(seed, ops);
    graphs["graphs"].push_back(graph.described(file.tensors));
    file.tensors[str(seed, ".value")] = graph(graph.leaves);
    const std::vector<Tensor> gradients = tape_gradients(graph);
    for (size_t i = 0; i < gradients.size(); ++i) file.tensors[str(seed, ".gradient.", i)] = gradients[i];
  }
  save_safetensors(std::filesystem::path(folder) / "graphs.safetensors", file);
  BOOST_TEST(bool(std::ofstream(std::filesystem::path(folder) / "graphs.json") << graphs));
}
