// A training step with layers, groups of parameters and a loader asks the system for nothing once it is warm; a new epoch
// asks for the new order of its rows alone.
#include <boost/test/unit_test.hpp>

#include "autograd/memory.hpp"
#include "autograd/tape.hpp"
#include "nn/nn.hpp"
#include "tests/allocation_counter.hpp"

using namespace elbow;
using namespace elbow::test;

BOOST_AUTO_TEST_CASE(a_training_step_allocates_nothing_after_warm_up) {
  RandomStream random(1, 0), dropped(1, 1);
  Sequential net;
  net.emplace<Linear>(5, 16, random);
  net.emplace<BatchNorm1d>(16);
  net.emplace<ActivationLayer>("relu");
  net.emplace<Dropout>(0.1, dropped);
  net.emplace<Linear>(16, 2, random);
  FlatParameters parameters(net);
  const std::vector<ParameterGroup> groups{{.members = named("*.bias"), .weight_decay = 0},
                                           {.members = named("4.weight"), .learning_rate_factor = 0.5}};
  const auto adam = make_adam(parameters, {.weight_decay = 0.1, .decoupled = true}, groups);
  const auto sgd = make_sgd(parameters, {.momentum = 0.9}, groups);
  Loader loader({normal({1, 2, 0}, {100, 5}), normal({1, 2, 1}, {100, 2})}, {.batch_rows = 16});
  double total = 0;
  const auto run_epoch = [&](uint64_t epoch) {
    for (const auto& [x, y] : loader.epoch(epoch)) {
      parameters.zero_gradients();
      Tape tape;
      const Tensor loss = squared_error(net(x), y);
      tape.backward(loss);
      parameters.clip_gradients(1);
      adam->step(0.01);
      sgd->step(0.01);
      total += loss.item();
    }
  };
  for (uint64_t epoch = 0; epoch < 3; ++epoch) run_epoch(epoch);
  if (!counting) return;
  const int64_t from_system = memory_statistics().system_allocations, all = allocations;
  for (uint64_t epoch = 3; epoch < 6; ++epoch) run_epoch(epoch);
  BOOST_TEST(memory_statistics().system_allocations == from_system);
  BOOST_TEST(allocations - all == 3, allocations - all << " calls of operator new in three epochs");
  BOOST_TEST(std::isfinite(total));
}
