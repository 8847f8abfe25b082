// Hessian-vector products of this project's own models: the gradient of <gradient of the loss, v>, against differences of
// gradients along v (Pearlmutter 1994).
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>

#include "autograd/alias.hpp"
#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "cvae/experiment.hpp"
#include "nn/nn.hpp"

using namespace elbow;

namespace {

/// An encoder and a decoder as those of `baseline`: linear, batch norm, ReLU; two latents.
struct SmallCvae : Module {
  static constexpr int64_t columns = 2, width = 16, latents = 2;
  Sequential encoder, decoder;
  explicit SmallCvae(RandomStream& random) {
    const Init weights{Init::Distribution::kaiming_normal}, biases{Init::Distribution::constant, 0};
    encoder.emplace<Linear>(2 * columns, width, weights, biases, random, DType::float64);
    encoder.emplace<BatchNorm1d>(width, 0.1, 1e-5, DType::float64);
    encoder.emplace<ActivationLayer>("relu");
    encoder.emplace<Linear>(width, 2 * latents, weights, biases, random, DType::float64);
    decoder.emplace<Linear>(latents + columns, width, weights, biases, random, DType::float64);
    decoder.emplace<BatchNorm1d>(width, 0.1, 1e-5, DType::float64);
    decoder.emplace<ActivationLayer>("relu");
    decoder.emplace<Linear>(width, columns, weights, biases, random, DType::float64);
    submodule("encoder", encoder);
    submodule("decoder", decoder);
  }
  /// Reconstruction and KL in nats per row, of x [rows, columns] given [rows, columns], with fixed noise.
  Tensor loss(const Tensor& x, const Tensor& given) {
    const Tensor h = encoder(concat(x, given));
    const Tensor mu = slice(h, 1, 0, latents), log_var = slice(h, 1, latents, 2 * latents);
    const Tensor z = reparameterise(mu, log_var, {1, 2, 3});
    return 0.5 * squared_error(decoder(concat(z, given)), x) + gaussian_kl(mu, log_var);
  }
};

std::vector<Tensor> parameters_of(const Module& module) {
  std::vector<Tensor> parameters;
  for (const NamedTensor& t : module.named_tensors())
    if (t.trained) parameters.push_back(*t.tensor);
  return parameters;
}

}  // namespace

/// The relative error, in the Euclidean norm, of the product by two gradients against the difference of gradients at
/// parameters +- h v.
double error_of_product(const std::function<Tensor()>& loss, std::vector<Tensor> parameters, double h) {
  std::vector<Tensor> v;
  for (size_t i = 0; i < parameters.size(); ++i)
    v.push_back(normal({8, 0, i}, parameters[i].shape(), 0, 1, parameters[i].dtype()));
  std::vector<Tensor> product;
  {
    Tape tape;
    const std::vector<Tensor> gradient = tape.gradient(loss(), parameters);
    Tensor along = Tensor::zeros({}, v[0].dtype());
    for (size_t i = 0; i < parameters.size(); ++i) along += sum(gradient[i] * v[i]);
    product = tape.gradient(along, parameters);
  }
  std::vector<Tensor> home;
  for (const Tensor& p : parameters) home.push_back(copy_of(p));
  const auto gradient_at = [&](double step) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const NoGrad no_grad;
      parameters[i].copy_(home[i] + step * v[i]);
    }
    Tape tape;
    return tape.gradient(loss(), parameters);
  };
  const auto above = gradient_at(h), below = gradient_at(-h);
  double apart = 0, norm = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto got = product[i].to_vector(), p = above[i].to_vector(), q = below[i].to_vector();
    for (size_t k = 0; k < got.size(); ++k) {
      const double want = (p[k] - q[k]) / (2 * h);
      apart += (got[k] - want) * (got[k] - want);
      norm += want * want;
    }
  }
  BOOST_TEST(norm > 1);
  return std::sqrt(apart / norm);
}

BOOST_AUTO_TEST_CASE(of_the_loss_of_a_cvae) {
  RandomStream random(5, 0);
  SmallCvae model(random);
  const Tensor x = normal({7, 0, 0}, {24, SmallCvae::columns}, 0, 1, DType::float64);
  const Tensor given = x * bernoulli({7, 0, 1}, x.shape(), 0.5, DType::float64);
  BOOST_TEST(error_of_product([&] { return model.loss(x, given); }, parameters_of(model), 1e-5) <= 1e-7);
}

// Model, loss and batch of `make baseline`, with tanh for ReLU: at these thousands of units some kink always lies within
// +- h v, where differences do not tell the derivative. Its numbers are float32, so that they are good to some hundredths only.
BOOST_AUTO_TEST_CASE(of_the_baseline) {
  Experiment e(Config::read(ELBOW_SOURCE_DIR "/experiments/baseline.json", {"model.activation=tanh"}));
  e.model->train();
  Batches batches(e.data.train, e.training.batch_rows, LastBatch::drop);
  Condition::Drawn drawn;
  const Batch& batch = batches.get(0);
  e.condition.draw(batch, {1, 0, 0}, drawn);
  const auto loss = [&] { return elbo(*e.model, batch, drawn.c, e.loss, {1, 2, 3}).loss; };
  BOOST_TEST(error_of_product(loss, parameters_of(*e.model), 3e-3) <= 0.05);
}
