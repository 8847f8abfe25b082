// Times training steps in LibTorch, PyTorch's C++ API: the models, losses and Adam of PyTorch's peer (docs/commands.md), without Python
// between the ops. It is no part of the build: scripts/libtorch.py compiles it for `make bench`. It prints one JSON line.
//
//   libtorch_step --case baseline --threads 1 --steps 100 --repeats 3     cases: baseline features dense residual conv
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace nn = torch::nn;
namespace F = torch::nn::functional;
using torch::Tensor;
using Sizes = std::vector<int64_t>;  // of layers, from the input to the output

// ---- layers; these functions add to a Sequential, because it cannot hold another one -----------------------------------
void add_hidden(nn::Sequential& to, int64_t in, int64_t out) {
  to->push_back(nn::Linear(in, out));
  to->push_back(nn::BatchNorm1d(out));
  to->push_back(nn::ReLU());
}

nn::Sequential mlp(const Sizes& sizes, bool linear_last) {
  nn::Sequential all;
  for (size_t i = 1; i + linear_last < sizes.size(); ++i) add_hidden(all, sizes[i - 1], sizes[i]);
  if (linear_last) all->push_back(nn::Linear(*(sizes.end() - 2), sizes.back()));
  return all;
}

struct Concat : nn::Module {  // [hidden(x), x]
  Concat(int64_t in, int64_t out) {
    add_hidden(hidden, in, out);
    register_module("hidden", hidden);
  }
  Tensor forward(const Tensor& x) { return torch::cat({hidden->forward(x), x}, 1); }
  nn::Sequential hidden;
};

// Each layer of a block reads the block's input and the outputs of all layers before it; the last one is linear.
nn::Sequential dense(const std::vector<Sizes>& blocks, bool norm_last) {
  nn::Sequential all;
  for (const Sizes& sizes : blocks) {
    int64_t width = sizes[0];
    for (size_t i = 1; i + 1 < sizes.size(); width += sizes[i++]) all->push_back(Concat(width, sizes[i]));
    all->push_back(nn::Linear(width, sizes.back()));
    if (norm_last || &sizes != &blocks.back()) all->push_back(nn::BatchNorm1d(sizes.back()));
  }
  return all;
}

struct Residual : nn::Module {  // two layers, 32 wide between them, and a way past them
  Residual(int64_t in, int64_t out, bool relu) : relu(relu) {
    add_hidden(main, in, 32);
    main->push_back(nn::Linear(32, out));
    main->push_back(nn::BatchNorm1d(out));
    register_module("main", main);
    if (in != out) bypass = register_module("bypass", nn::Linear(in, out));
  }
  Tensor forward(const Tensor& x) {
    const Tensor y = main->forward(x) + (bypass ? bypass->forward(x) : x);
    return relu ? torch::relu(y) : y;
  }
  bool relu;
  nn::Sequential main;
  nn::Linear bypass = nullptr;
};

nn::Sequential residual(const Sizes& sizes, bool relu_last) {
  nn::Sequential all;
  for (size_t i = 1; i < sizes.size(); ++i)
    all->push_back(Residual(sizes[i - 1], sizes[i], relu_last || i + 1 < sizes.size()));
  return all;
}

struct ConditionedConv : nn::Module {  // a convolution, and at each pixel a linear map of what is given
  ConditionedConv(nn::Sequential convolution, int64_t given, int64_t out)
      : main(register_module("main", convolution)),
        condition(register_module("condition", nn::Conv2d(nn::Conv2dOptions(given, out, 1)))) {}
  Tensor forward(const Tensor& x, const Tensor& c) { return main->forward(x) + condition->forward(c); }
  nn::Sequential main;
  nn::Conv2d condition;
};

// ---- models ---------------------------------------------------------------------------------------------------------
struct Output {
  Tensor y, mean, log_var;
};
struct Cvae : nn::Module {
  virtual Output forward(const Tensor& x, const Tensor& c) = 0;
  static Tensor draw(const Tensor& mean, const Tensor& log_var) {
    return mean + torch::randn_like(mean) * torch::exp(0.5 * log_var);
  }
};

struct RowsCvae : Cvae {  // x [rows, columns], c [rows, given]
  RowsCvae(nn::Sequential encoder, nn::Sequential mean, nn::Sequential log_var, nn::Sequential decoder)
      : encoder(register_module("encoder", encoder)),
        mean(register_module("mean", mean)),
        log_var(register_module("log_var", log_var)),
        decoder(register_module("decoder", decoder)) {}
  Output forward(const Tensor& x, const Tensor& c) override {
    const Tensor h = encoder->forward(torch::cat({x, c}, 1)), m = mean->forward(h), v = log_var->forward(h);
    return {decoder->forward(torch::cat({draw(m, v), c}, 1)), m, v};
  }
  nn::Sequential encoder, mean, log_var, decoder;
};

struct ConvCvae : Cvae {  // x [rows, 3, 28, 28], c [rows, 15]; y are logits
  ConvCvae() : mean(1024, 10), log_var(1024, 10), join(10 + 15, 1024) {
    const auto add = [&](auto convolution, int64_t out) {
      const auto layer = std::make_shared<ConditionedConv>(nn::Sequential(convolution), 15, out);
      layers.push_back(register_module("layer" + std::to_string(layers.size()), layer));
    };
    const auto down = [&](int64_t in, int64_t out) {
      add(nn::Conv2d(nn::Conv2dOptions(in, out, 4).stride(2)), out);
    };
    const auto up = [&](int64_t in, int64_t out, int64_t side, int64_t padding) {
      add(nn::ConvTranspose2d(nn::ConvTranspose2dOptions(in, out, side).stride(2).padding(padding)), out);
    };
    down(3, 64);
    down(64, 128);
    down(128, 1024);
    up(1024, 128, 5, 0);
    up(128, 64, 5, 0);
    up(64, 3, 6, 1);
    register_module("mean", mean);
    register_module("log_var", log_var);
    register_module("join", join);
  }
  Output forward(const Tensor& x, const Tensor& c) override {
    const Tensor pixel = c.unsqueeze(2).unsqueeze(3);
    Tensor h = x;
    for (int i = 0; i < 3; ++i) h = torch::relu(layers[i]->forward(h, pixel));
    h = h.flatten(1);
    const Tensor m = mean->forward(h), v = log_var->forward(h);
    Tensor y = join->forward(torch::cat({draw(m, v), c}, 1)).unsqueeze(2).unsqueeze(3);
    for (int i = 3; i < 5; ++i) y = torch::relu(layers[i]->forward(y, pixel));
    return {layers[5]->forward(y, pixel), m, v};
  }
  std::vector<std::shared_ptr<ConditionedConv>> layers;  // three down, three up
  nn::Linear mean, log_var, join;
};

// What is given are the columns that a mask leaves, and the mask.
std::shared_ptr<Cvae> make_model(const std::string& name) {
  const auto rows = [](auto... parts) { return std::make_shared<RowsCvae>(parts...); };
  if (name == "baseline")
    return rows(mlp({6, 64, 64, 64}, false), mlp({64, 64}, true), mlp({64, 64}, true),
                mlp({68, 64, 64, 64, 2}, true));
  if (name == "features")
    return rows(mlp({477, 256, 256, 256, 256, 256, 512}, false), mlp({512, 512}, true), mlp({512, 512}, true),
                mlp({830, 512, 256, 256, 256, 256, 256, 159}, true));
  if (name == "dense") {
    const auto latent = [] { return dense({{512, 32, 32, 32, 512}, {512, 32, 32, 32, 128}}, false); };
    return rows(dense({{9, 32, 32, 32, 128}, {128, 32, 32, 32, 256}, {256, 32, 32, 32, 512}}, true), latent(),
                latent(), dense({{134, 32, 32, 32, 256}, {256, 32, 32, 32, 128}, {128, 32, 32, 32, 3}}, false));
  }
  if (name == "residual") {
    const auto latent = [] { return residual({512, 512, 512, 512}, false); };
    return rows(residual({9, 64, 64, 128, 128, 256, 256, 512, 512}, true), latent(), latent(),
                residual({518, 512, 256, 256, 128, 128, 64, 64, 3}, false));
  }
  if (name == "conv") return std::make_shared<ConvCvae>();
  throw std::invalid_argument("no case is named '" + name + "'");
}

// ---- the step -------------------------------------------------------------------------------------------------------
struct Batch {
  Tensor x, c;
};
// Rows with masks drawn before; for 0 columns images, with one of 15 labels.
Batch draw_batch(int64_t rows, int64_t columns) {
  if (columns == 0)
    return {torch::rand({rows, 3, 28, 28}),
            torch::one_hot(torch::randint(15, {rows}, torch::kLong), 15).to(torch::kFloat)};
  const Tensor x = torch::randn({rows, columns}), m = (torch::rand_like(x) >= 0.5).to(torch::kFloat);
  return {x, torch::cat({x * m, m}, 1)};
}

Tensor loss_of(Cvae& model, const Batch& batch) {
  const auto [y, mean, log_var] = model.forward(batch.x, batch.c);
  const auto bce = F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kSum);
  const Tensor error = batch.x.dim() == 4 ? F::binary_cross_entropy_with_logits(y, batch.x, bce)
                                          : torch::mse_loss(y, batch.x, at::Reduction::Sum);
  return error - 0.5 * torch::sum(1 + log_var - mean.square() - log_var.exp());
}

// One kernel for all parameters, as torch.optim.Adam(fused=True); C++'s own torch::optim::Adam calls several small ops for each.
struct FusedAdam {
  std::vector<Tensor> parameters, means, squares, steps;
  explicit FusedAdam(std::vector<Tensor> all) : parameters(std::move(all)) {
    for (const Tensor& p : parameters) {
      means.push_back(torch::zeros_like(p));
      squares.push_back(torch::zeros_like(p));
      steps.push_back(torch::zeros({}));
    }
  }
  void step() {
    const torch::NoGradGuard no_grad;
    std::vector<Tensor> gradients;
    for (const Tensor& p : parameters) gradients.push_back(p.grad());
    torch::_foreach_add_(steps, 1);
    torch::_fused_adam_(parameters, gradients, means, squares, {}, steps, /*lr=*/1e-3, /*beta1=*/0.9,
                        /*beta2=*/0.999,
                        /*weight_decay=*/0.0, /*eps=*/1e-8, /*amsgrad=*/false, /*maximize=*/false);
  }
};

// Microseconds: the median over the repeats of the mean over the batches, after a warm-up.
template <class Step> double time_us(const std::vector<Batch>& batches, int repeats, Step step) {
  for (size_t i = 0; i < 20 && i < batches.size(); ++i) step(batches[i]);
  std::vector<double> times;
  for (int r = 0; r < repeats; ++r) {
    const auto begin = std::chrono::steady_clock::now();
    for (const Batch& batch : batches) step(batch);
    const std::chrono::duration<double, std::micro> us = std::chrono::steady_clock::now() - begin;
    times.push_back(us.count() / double(batches.size()));
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

int main(int argc, char** argv) try {
  std::map<std::string, std::string> options{{"--threads", "1"}, {"--steps", "100"}, {"--repeats", "3"}};
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  const std::string name = options["--case"];
  const int repeats = std::stoi(options["--repeats"]);
  const std::map<std::string, int64_t> columns{
      {"baseline", 2}, {"features", 159}, {"dense", 3}, {"residual", 3}, {"conv", 0}};
  const int64_t rows = name == "conv" ? 50 : 64;
  torch::set_num_threads(std::stoi(options["--threads"]));
  const auto model = make_model(name);
  FusedAdam adam(model->parameters());
  std::vector<Batch> batches;
  for (int i = 0; i < std::stoi(options["--steps"]); ++i) batches.push_back(draw_batch(rows, columns.at(name)));

  const double train_us = time_us(batches, repeats, [&](const Batch& batch) {
    model->zero_grad();  // there are none then
    loss_of(*model, batch).backward();
    adam.step();
  });
  model->eval();
  const torch::NoGradGuard no_grad;
  const double eval_us = time_us(batches, repeats, [&](const Batch& batch) { loss_of(*model, batch); });
  long count = 0;
  for (const Tensor& p : adam.parameters) count += p.numel();
  std::printf(
      "{\"case\": \"%s\", \"variant\": \"libtorch\", \"threads\": %s, \"device\": \"cpu\", \"torch\": \"%s\", "
      "\"train_step_us\": %.1f, \"eval_step_us\": %.1f, \"rows\": %ld, \"parameters\": %ld}\n",
      name.c_str(), options["--threads"].c_str(), TORCH_VERSION, train_us, eval_us, long(rows), count);
} catch (const std::exception& e) {
  const std::string text = e.what();  // PyTorch adds a list of addresses
  std::fprintf(stderr, "%s\n", text.substr(0, text.find('\n')).c_str());
  return 1;
}
