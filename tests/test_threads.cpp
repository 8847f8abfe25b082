// What several threads may do, as tensor.hpp promises, and the team of threads behind parallel_for; also run under
// ThreadSanitizer (make tsan).
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "autograd/memory.hpp"
#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/parallel.hpp"
#include "nn/nn.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using test::ThreadsScope;

namespace {

template <class F> void in_another_thread(F f) { std::thread(f).join(); }

// How often each number below n is in one of the ranges.
std::vector<int> visits(int64_t n, int64_t grain) {
  std::vector<int> count(static_cast<size_t>(n));
  const auto visit = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++count[size_t(i)];
  };
  parallel_ranges(n, grain, RangeWork(visit));
  return count;
}

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

BOOST_AUTO_TEST_CASE(every_number_is_in_one_range) {
  for (int threads : {1, 2, 3, 7}) {
    const ThreadsScope scope(threads);
    for (int64_t grain : {1, 2, 5, 64})
      for (int64_t n : {0, 1, 2, 3, 9, 64, 65, 1000}) {
        const auto count = visits(n, grain);
        BOOST_TEST(std::count(count.begin(), count.end(), 1) == n);
      }
  }
}

// Short regions one after the other: the helpers come late to most of them, and must neither miss work nor do it twice.
BOOST_AUTO_TEST_CASE(a_helper_that_comes_late_does_nothing) {
  const ThreadsScope scope(4);
  for (int i = 0; i < 5000; ++i) {
    const auto count = visits(16, 1);
    BOOST_REQUIRE(std::count(count.begin(), count.end(), 1) == 16);
  }
}

BOOST_AUTO_TEST_CASE(work_within_work_stays_on_its_thread) {
  const ThreadsScope scope(3);
  std::atomic<int> moved{0}, inner{0};
  BOOST_TEST(!in_parallel());
  parallel_tasks(6, [&](int64_t) {
    const auto here = std::this_thread::get_id();
    if (!in_parallel()) ++moved;
    parallel_tasks(8, [&](int64_t) {
      ++inner;
      if (std::this_thread::get_id() != here) ++moved;
    });
  });
  BOOST_TEST(moved == 0);
  BOOST_TEST(inner == 48);
  BOOST_TEST(!in_parallel());
}

BOOST_AUTO_TEST_CASE(an_error_in_a_task_reaches_the_caller) {
  for (int threads : {1, 3}) {
    const ThreadsScope scope(threads);
    const auto task = [](int64_t i) {
      if (i == 5) fail("task", "number ", i);
    };
    for (int again = 0; again < 20; ++again) BOOST_CHECK_THROW(parallel_tasks(9, task), Error);
    BOOST_TEST(!in_parallel());
    BOOST_TEST(std::ranges::count(visits(9, 1), 1) == 9);
  }
  BOOST_CHECK_THROW(set_num_threads(0), Error);
}

// A second caller does not wait for the team: it computes by itself.
BOOST_AUTO_TEST_CASE(several_callers_at_once) {
  const ThreadsScope scope(3);
  std::atomic<int> good{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto count = visits(33, 2);
        good += std::count(count.begin(), count.end(), 1) == 33;
      }
    });
  for (auto& caller : callers) caller.join();
  BOOST_TEST(good == 800);
}

// More threads than cores, and other programs beside them: results keep their bits.
BOOST_AUTO_TEST_CASE(the_same_bits_on_busy_cores) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 2; ++i)
    others.emplace_back([&] {
      while (!stop) {}
    });
  const Tensor a = normal({1, 1, 1}, {192, 256}), b = normal({1, 1, 2}, {256, 192});
  std::vector<double> sums;
  for (int threads : {1, 2, 5}) {
    const ThreadsScope scope(threads);
    for (int i = 0; i < 10; ++i) sums.push_back(sum(square(matmul(exp(a), tanh(b)))).item());
  }
  stop = true;
  for (auto& other : others) other.join();
  for (double s : sums) BOOST_TEST(s == sums[0]);
}
