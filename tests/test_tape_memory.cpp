// What a training step costs in memory: after the first ones, nothing is asked of the system, and nothing is
// kept.
#include <boost/test/unit_test.hpp>

#include "autograd/memory.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "tests/allocation_counter.hpp"

using namespace elbow;
using test::allocations, test::counting;

namespace {

/// A small net with about every kind of op in it, on one batch.
class Step {
 public:
  explicit Step(DType dtype) {
    const auto drawn = [&](const Shape& s) { return normal({1, 0, key_++}, s, 0, 0.3, dtype); };
    x_ = drawn({64, 6});
    targets_ = uniform({1, 1, 0}, {64, 3}, 0, 1, dtype);
    for (Shape s : {Shape{6, 32}, Shape{32}, Shape{32}, Shape{32}, Shape{32, 6}, Shape{6}, Shape{3, 3}})
      parameters_.push_back(drawn(s).set_requires_grad());
    mean_ = Tensor::zeros({32}, dtype), var_ = Tensor::ones({32}, dtype);
  }
  double run() {
    Tape tape;
    const auto& p = parameters_;
    Tensor h = relu(batch_norm(linear(x_, p[0], p[1]), p[2], p[3], mean_, var_, true));
    h = dropout(h, 0.1, {1, 2, key_++});
    const Tensor heads = linear(h, p[4], p[5]);
    const Tensor mu = slice(heads, 1, 0, 3), log_var = clamp(slice(heads, 1, 3, 6), -5, 5);
    const Tensor z = reparameterise(mu, log_var, {1, 3, key_++});
    const Tensor logits = matmul(softmax(tanh(z)), p[6]);
    const Tensor terms =
        concat(reshape(gaussian_kl(mu, log_var), {1}), reshape(mean(logsumexp(logits, 1)), {1}), 0);
    const Tensor loss = add(bce_with_logits(logits, targets_), sum(terms));
    tape.backward(loss);
    for (const Tensor& t : p) t.grad().fill_(0);
    return loss.item();
  }

 private:
  uint64_t key_ = 0;
  Tensor x_, targets_, mean_, var_;
  std::vector<Tensor> parameters_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_step_allocates_nothing_after_warm_up) {
  if (!counting) {
    BOOST_TEST_MESSAGE(
        "skipped: AddressSanitizer replaces operator new, and the pool keeps no blocks under it");
    return;
  }
  for (DType dtype : {DType::float32, DType::float64}) {
    Step step(dtype);
    for (int i = 0; i < 3; ++i) step.run();
    const int64_t from_system = memory_statistics().system_allocations, all = allocations;
    for (int i = 0; i < 10; ++i) step.run();
    BOOST_TEST(memory_statistics().system_allocations == from_system);
    BOOST_TEST(allocations == all, allocations - all << " calls of operator new in ten steps");
  }
}

BOOST_AUTO_TEST_CASE(the_counter_counts) {
  if (!counting) return;
  const int64_t before = allocations;
  delete new int(1);
  BOOST_TEST(std::vector<int>(100).size() == 100U);
  BOOST_TEST(allocations > before);
}

BOOST_AUTO_TEST_CASE(nothing_is_kept) {
  const int64_t before = memory_statistics().bytes_in_use;
  {
    Step step(DType::float32);
    for (int i = 0; i < 3; ++i) step.run();
    const int64_t between_steps = memory_statistics().bytes_in_use;
    for (int i = 0; i < 3; ++i) step.run();
    BOOST_TEST(memory_statistics().bytes_in_use == between_steps);
  }
  BOOST_TEST(memory_statistics().bytes_in_use == before);
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_by_tapes_that_fail_or_are_dropped) {
  const int64_t before = memory_statistics().bytes_in_use;
  {
    const Tensor x = Tensor::ones({100}).set_requires_grad();
    {
      Tape tape;
      Tensor y = x;
      for (int i = 0; i < 100; ++i)
        y = square(index_select(y, 0, {4, 3, 2, 1, 0}));  // settings that own memory
    }
    {
      Tape tape;
      Tensor h = neg(x);
      const Tensor y = sum(square(h));
      h.fill_(2);
      BOOST_CHECK_THROW(tape.backward(y), Error);
    }
    {
      Tape tape;
      const Tensor y = sum(square(mul(x, x)));
      const auto g = tape.gradient(y, {x});
      tape.backward(sum(square(g[0])));
      BOOST_CHECK_THROW(tape.gradient(relu(x), {x}), Error);  // not a scalar
    }
  }
  BOOST_TEST(memory_statistics().bytes_in_use == before);
}

// A backward pass lets go of what a node saved as soon as it has been used, so that the peak is not twice the
// forward pass's memory.
BOOST_AUTO_TEST_CASE(saved_tensors_are_released_on_the_way_back) {
  const int64_t n = 100'000, bytes = n * 4, layers = 20;
  Tensor x = Tensor::ones({n}).set_requires_grad();
  x.set_grad(Tensor::zeros({n}));
  const int64_t before = memory_statistics().system_allocations, in_use = memory_statistics().bytes_in_use;
  {
    Tape tape;
    Tensor y = x;
    for (int i = 0; i < layers; ++i) y = square(y);
    y = sum(y);
    BOOST_TEST(memory_statistics().bytes_in_use - in_use > (layers - 1) * bytes);
    const int64_t forward = memory_statistics().system_allocations - before;
    tape.backward(y);
    if (counting) BOOST_TEST(memory_statistics().system_allocations - before <= forward + 4);
  }
  BOOST_TEST(memory_statistics().bytes_in_use == in_use);
}
