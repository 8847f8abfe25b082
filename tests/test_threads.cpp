// What several threads may do, as tensor.hpp promises; also run under ThreadSanitizer (make tsan), with one OpenMP thread,
// since the sanitizer does not know OpenMP's barriers.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "autograd/memory.hpp"
#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "nn/nn.hpp"

using namespace elbow;

namespace {

template <class F> void in_another_thread(F f) { std::thread(f).join(); }

void make_net(Sequential& net) {
  RandomStream random(1, 0);
  net.emplace<Linear>(3, 8, random);
  net.emplace<ActivationLayer>("tanh");
  net.emplace<Linear>(8, 1, random);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_tensor_that_another_thread_frees) {
  Tensor made_here = Tensor::full({1000}, 7), made_there;
  in_another_thread([&] {
    BOOST_TEST(made_here.at(999) == 7);
    made_here = Tensor();
    made_there = Tensor::full({1000}, 8);
  });
  BOOST_TEST(made_there.at(0) == 8);
  made_there = Tensor();
}

// One thread makes tensors, another drops them: the blocks must not gather in the second.
BOOST_AUTO_TEST_CASE(memory_does_not_gather_in_a_thread_that_only_frees) {
  constexpr int rounds = 200;
  const int64_t bytes = memory_statistics().bytes_in_use;
  std::atomic<int> made{0}, freed{0};
  Tensor handed_over;
  std::thread consumer([&] {
    for (int i = 1; i <= rounds; ++i) {
      while (made.load(std::memory_order_acquire) < i) std::this_thread::yield();
      handed_over = Tensor();
      freed.store(i, std::memory_order_release);
    }
    // what it had freed is not kept for it: its next tensors come from the system
    const int64_t before = memory_statistics().system_allocations;
    const Tensor own = Tensor::zeros({1 << 16});
    BOOST_TEST(memory_statistics().system_allocations > before);
  });
  for (int i = 1; i <= rounds; ++i) {
    handed_over = Tensor::zeros({1 << 16});
    made.store(i, std::memory_order_release);
    while (freed.load(std::memory_order_acquire) < i) std::this_thread::yield();
  }
  consumer.join();
  BOOST_TEST(memory_statistics().bytes_in_use <= bytes + (1 << 20));
}

BOOST_AUTO_TEST_CASE(a_model_trained_by_threads_in_turn) {
  const Tensor x = normal({1, 2, 3}, {16, 3}), y = sum(x, 1, true);
  const auto train = [&](bool in_turn) {
    Sequential net;
    make_net(net);
    FlatParameters parameters(net);
    const auto adam = make_adam(parameters, {});
    double loss = 0;
    const auto step = [&] {
      parameters.zero_gradients();
      Tape tape;
      const Tensor l = squared_error(net(x), y);
      tape.backward(l);
      adam->step(0.01);
      loss = l.item();
    };
    for (int i = 0; i < 6; ++i) {
      if (in_turn)
        in_another_thread(step);
      else
        step();
    }
    return loss;
  };
  BOOST_TEST(train(true) == train(false));
}

BOOST_AUTO_TEST_CASE(a_model_evaluated_by_several_threads_at_once) {
  Sequential net;
  make_net(net);
  net.train(false);
  const Tensor x = normal({1, 2, 3}, {16, 3});
  const double want = [&] {
    const NoGrad no_grad;
    return sum(net(x)).item();
  }();
  std::vector<double> got(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < got.size(); ++i)
    threads.emplace_back([&, i, own = x] {
      const NoGrad no_grad;
      for (int k = 0; k < 50; ++k) got[i] = sum(net(own)).item();
    });
  for (auto& t : threads) t.join();
  for (double g : got) BOOST_TEST(g == want);
}

// Each thread has tapes of its own.
BOOST_AUTO_TEST_CASE(tapes_of_several_threads_at_once) {
  std::vector<double> gradients(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < gradients.size(); ++i)
    threads.emplace_back([&, i] {
      Tensor w = Tensor::full({}, double(i), DType::float64).set_requires_grad();
      for (int k = 0; k < 20; ++k) {
        w.set_grad({});
        Tape tape;
        tape.backward(w * w * w);
      }
      gradients[i] = w.grad().item();
    });
  for (auto& t : threads) t.join();
  for (size_t i = 0; i < gradients.size(); ++i) BOOST_TEST(gradients[i] == 3.0 * double(i * i));
}
