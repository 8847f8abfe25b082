// The emulated card: what kernels may do works, and each of its checks finds the mistake that it is for.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/backend/cuda/runtime.hpp"

using namespace elbow;
using namespace elbow::cuda;
using emulator::Order;

namespace {

/// Runs f as the work of an op named "some_op", waits, and gives the message of the Error, or "".
template <class F> std::string error_of(const F& f) {
  const DeviceWork named("some_op");
  try {
    f();
    runtime::synchronize();
  } catch (const Error& e) { return e.what(); }
  return "";
}

Tensor on_card(const std::vector<float>& values) {
  return Tensor::from<float>(values, {int64_t(values.size())}).to(Device::cuda);
}
Tensor unset_on_card(int64_t n) { return Tensor::empty({n}, DType::float32, Device::cuda); }

void add_one(Tensor& t) {
  write<float>({t, true}, [=](int64_t) { return 1.0f; });
}

constexpr int n_threads = 96;

/// y[t] = the number that thread t + 1 has written to shared memory.
template <bool barrier> __global__ void run_neighbours(Ptr<float> y, float times) {
  __shared__ float shared[n_threads];
  const int t = int(threadIdx.x);
  shared[t] = times * float(t);
  if (barrier) __syncthreads();
  y[t] = shared[(t + 1) % n_threads];
}
template <bool barrier> std::vector<float> neighbours(Order order) {
  emulator::set_order(order);
  Tensor y = unset_on_card(n_threads);
  for (float times : {1.0f, 2.0f}) launch(run_neighbours<barrier>, {1}, n_threads, out<float>(y), times);
  const std::vector<float> values = y.to_vector<float>();
  emulator::set_order(Order::forwards);
  return values;
}

__global__ void run_barrier_for_some(Ptr<float> y) {
  if (threadIdx.x < 40) __syncthreads();
  y[threadIdx.x] = 0;
}
__global__ void run_shuffle_for_some(Ptr<float> y) {
  y[threadIdx.x] = threadIdx.x == 3 ? 0.0f : __shfl_xor_sync(0xFFFFFFFFu, 1.0f, 1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_race_gives_other_bits_in_another_order) {
  const auto forwards = neighbours<true>(Order::forwards);
  BOOST_TEST(forwards[5] == 12);
  BOOST_TEST((forwards == neighbours<true>(Order::backwards)));
  BOOST_TEST((forwards == neighbours<true>(Order::shuffled)));
  BOOST_TEST((neighbours<false>(Order::forwards) != neighbours<false>(Order::backwards)));
  BOOST_TEST((neighbours<false>(Order::shuffled) != neighbours<false>(Order::backwards)));
}

BOOST_AUTO_TEST_CASE(blocks_run_in_the_order_too) {
  Tensor last = unset_on_card(1);
  const auto last_block = [&](Order order) {
    emulator::set_order(order);
    const auto y = out<float>(last);
    for_each(10 * threads_of_a_block, [=](int64_t i) { y[0] = float(i / threads_of_a_block); });
    const float block = last.to_vector<float>()[0];
    emulator::set_order(Order::forwards);
    return block;
  };
  BOOST_TEST(last_block(Order::forwards) == 9);
  BOOST_TEST(last_block(Order::backwards) == 0);
}

BOOST_AUTO_TEST_CASE(accesses_out_of_bounds_name_the_op) {
  Tensor t = on_card({1, 2, 3, 4, 5, 6});
  const auto x = in<float>(t);
  const auto y = out<float>(t);
  BOOST_TEST(error_of([&] { for_each(7, [=](int64_t i) { y[i] = 0; }); }) ==
             "[some_op] its kernel writes element 6 of 6, out of bounds");
  BOOST_TEST(error_of([&] { for_each(1, [=](int64_t i) { y[i] = (x + 4)[2]; }); }) ==
             "[some_op] its kernel reads element 6 of 6, out of bounds");
  BOOST_TEST(error_of([&] { for_each(1, [=](int64_t i) { y[i] = x[-1]; }); }) ==
             "[some_op] its kernel reads element -1 of 6, out of bounds");
  BOOST_TEST(error_of([&] { for_each(1, [=](int64_t) { y.store<4>(0, x.load<4>(4)); }); }) ==
             "[some_op] its kernel reads elements 4 to 7 of 6, out of bounds");
  BOOST_TEST(error_of([&] { for_each(6, [=](int64_t i) { y[i] = (x + 4)[i - 4]; }); }) == "");
}

BOOST_AUTO_TEST_CASE(reads_of_unset_memory_are_found) {
  Tensor part = unset_on_card(6), to = unset_on_card(6);
  const auto y = out<float>(part);
  BOOST_TEST(error_of([&] {
               for_each(4, [=](int64_t i) { y[i] = float(i); });
               backend(Device::cuda).copy(part, to);  // copies what is known
               add_one(to);
             }) == "[some_op] its kernel reads element 4 of 6, that was never written");
  BOOST_TEST(error_of([&] { part.to_vector<float>(); }) ==
             "[some_op] what is copied to the host was never written");
  Tensor first = on_card({1, 2});
  first = Tensor();  // its memory is handed out again
  Tensor second = unset_on_card(2);
  BOOST_TEST(error_of([&] { add_one(second); }) ==
             "[some_op] its kernel reads element 0 of 2, that was never written");
}

BOOST_AUTO_TEST_CASE(memory_must_be_that_of_the_card_and_in_use) {
  std::vector<float> host(32);
  const Ptr<float> x(host.data(), 32, 0);
  BOOST_TEST(error_of([&] { for_each(1, [=](int64_t i) { x[i] = 0; }); }) ==
             "[some_op] its kernel writes element 0 of 32, in memory of the host");
  auto* const block = static_cast<float*>(runtime::allocate(1024));
  const Ptr<float> released(block, 32, 0);
  runtime::release(block);
  BOOST_TEST(error_of([&] { for_each(1, [=](int64_t i) { released[i] = 0; }); }) ==
             "[some_op] its kernel writes element 0 of 32, in memory that was released");
  BOOST_TEST(error_of([&] { released[0] = 0; }) ==
             "[some_op] its kernel writes element 0 of 32, outside of any kernel");
  BOOST_TEST(error_of([&] {
               runtime::upload(host.data(), host.data(), 8);
             }).find("or is of memory of the host") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_host_cannot_touch_the_memory_of_the_card) {
  const Tensor t = on_card({1, 2});
  runtime::synchronize();
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);
    _exit(*static_cast<volatile float*>(t.body()->data) == 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
}

BOOST_AUTO_TEST_CASE(barriers_and_shuffles_that_some_threads_miss_are_found) {
  Tensor t = unset_on_card(n_threads);
  BOOST_TEST(error_of([&] { launch(run_barrier_for_some, {1}, n_threads, out<float>(t)); }) ==
             "[some_op] a barrier of its kernel is reached by 40 of the 96 threads of a block");
  BOOST_TEST(error_of([&] { launch(run_shuffle_for_some, {1}, n_threads, out<float>(t)); }) ==
             "[some_op] a shuffle of its kernel is not reached by all threads of a warp");
  BOOST_TEST(error_of([&] { launch(run_barrier_for_some, {1}, 1056, out<float>(t)); }) ==
             "[some_op] blocks of 1056 threads: 1 to 1024");
  BOOST_TEST(error_of([&] { launch(run_shuffle_for_some, {1}, 33, out<float>(t)); }) ==
             "[some_op] a shuffle of its kernel asks for thread 33 of 33");
}

BOOST_AUTO_TEST_CASE(blocks_add_up_rows) {
  for (const int64_t length : {1, 100, 1000, 3000}) {
    Tensor t = unset_on_card(3);
    const auto y = out<float>(t);
    for_rows(3, length, [=](const Block& block, int64_t r) {
      const float sum = block.sum_of<float>(length, [=](int64_t k) { return float(k == r); });
      const float top = block.max_of<float>(length, [=](int64_t k) { return float(k); });
      if (block.thread == 0) y[r] = sum + top;
    });
    BOOST_TEST(t.to_vector<float>()[0] == float(length), boost::test_tools::tolerance(0.0f));
  }
}

BOOST_AUTO_TEST_CASE(work_is_done_when_somebody_waits) {
  Tensor t = on_card({1, 2, 3});
  const auto y = out<float>(t);
  std::vector<float> host{5, 6, 7};
  backend(Device::cuda).upload(host.data(), t);
  host = {0, 0, 0};  // it may be changed at once
  BOOST_TEST((t.to_vector<float>() == std::vector<float>{5, 6, 7}));
  const DeviceWork named("some_op");
  for_each(4, [=](int64_t i) { y[i] = 0; });  // not found yet
  const std::string message = "[some_op] its kernel writes element 3 of 3, out of bounds";
  {
    const DeviceWork other("other_op");
    BOOST_CHECK_EXCEPTION(runtime::synchronize(), Error, [&](const Error& e) { return e.what() == message; });
  }
  add_one(t);  // and the stream goes on
  BOOST_TEST((t.to_vector<float>() == std::vector<float>{1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(graphs_are_recorded_once_and_run_again_and_again) {
  Tensor t = on_card({0, 10}), copy = unset_on_card(2);
  const auto recording = backend(Device::cuda).record([&] {
    add_one(t);
    Tensor own = unset_on_card(2);
    backend(Device::cuda).copy(t, own);
    backend(Device::cuda).copy(own, copy);
  });
  BOOST_TEST(recording->launches() == 3);
  BOOST_TEST((t.to_vector<float>() == std::vector<float>{0, 10}));
  for (int i = 0; i < 3; ++i) recording->run();
  BOOST_TEST((copy.to_vector<float>() == std::vector<float>{3, 13}));
  BOOST_TEST(error_of([&] { backend(Device::cuda).record([&] { t.to_vector<float>(); }); }) ==
             "[some_op] a graph cannot wait: there is a copy to the host in what is recorded");
  BOOST_TEST(!runtime::Graph::recording());
}

BOOST_AUTO_TEST_CASE(a_graph_must_not_read_what_its_last_run_has_left) {
  Tensor t = on_card({1, 2});
  const auto x = in<float>(t);
  const auto recording = backend(Device::cuda).record([&] {
    Tensor own = unset_on_card(2);
    const auto y = out<float>(own);
    for_each(2, [=](int64_t i) { y[i] = x[i]; });
    Tensor later = unset_on_card(2);
    add_one(later);
  });
  for (int run = 0; run < 2; ++run)
    BOOST_TEST(error_of([&] { recording->run(); }) ==
               "[cuda] its kernel reads element 0 of 2, that was never written");
}

BOOST_AUTO_TEST_CASE(models_have_their_own_part_of_each_tensor) {
  Tensor shared = on_card({7});
  const Models three(3);
  Tensor t = Tensor::zeros({2}, DType::float32, Device::cuda);
  const auto x = in<float>(shared);
  write<float>({t, true}, [=](int64_t) { return x[0] + float(blockIdx.z); });
  for (int model = 0; model < 3; ++model) {
    float values[2] = {};
    backend(Device::cuda).download(t, values, model);
    BOOST_TEST(values[1] == 7.0f + float(model));
  }
  BOOST_TEST(error_of([&] { add_one(shared); }) ==
             "[some_op] its kernel writes element 0 of 1, that all models share");
}

BOOST_AUTO_TEST_CASE(memory_may_run_out) {
  const int64_t bytes = runtime::cards().at(0).bytes;
  const std::string message = error_of([&] { unset_on_card(bytes / 4 + 1); });
  BOOST_TEST(message.find("[some_op] out of memory on the GPU: ") == 0);
  BOOST_TEST(message.find(" bytes requested, ") != std::string::npos);
  const Tensor quarter = unset_on_card(bytes / 16);
  BOOST_TEST(runtime::cards().at(0).free_bytes <= bytes - bytes / 4);
}
